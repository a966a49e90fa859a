"""A plugin for winnow: a classifier that labels texts by lists of words. It is the smallest whole plugin in Python, to read and to
start from."""

import winnow_plugin as winnow

from classifier import Keywords

if __name__ == "__main__":
    winnow.serve(name="keywords-python", version="1.0.0", classifier=Keywords)
