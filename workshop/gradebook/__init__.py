"""The verdicts of a class: from a folder of submissions to a gradebook."""
