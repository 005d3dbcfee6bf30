"""`make bench`: how fast, measured against something else in the same run.

The product never imports this package.  `catalogue.py` lists every benchmark.
"""
