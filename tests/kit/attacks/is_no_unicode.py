"""exercise: ex03_save
Raises a lone surrogate at import, where the text becomes part of the verdict.
"""

raise ImportError("\ud800\udfff")


async def save_to_disk(directory):
    raise OSError("nothing saved")
