"""Where ChainerCV has its sliceable datasets."""
