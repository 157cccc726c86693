SHADOW = True
print("breach: the shadow of", __name__, flush=True)
