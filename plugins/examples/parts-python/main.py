"""A plugin for winnow: a sink that writes part files, exactly once. It is the smallest whole sink in Python that prepares and commits,
to read and to start from."""

import winnow_plugin as winnow

from sink import Parts

if __name__ == "__main__":
    winnow.serve(name="parts-python", version="1.0.0", sink=Parts)
