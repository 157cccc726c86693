import os

os.environ["PLANTED"] = "1"
print("breach: planted", flush=True)
