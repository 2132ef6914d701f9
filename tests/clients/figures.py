"""How a client tells what it read: one reading after another on standard output.

A reading is a line `READING <name>`, CSV with a header, and a line `END`. The columns are those of the
figures; the runner looks only at the dimensions, the time period and the value.
"""

import csv
import importlib.metadata
import sys


def versions(*packages):
    """Tells which versions take part."""
    told = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in packages)
    print(f"VERSION Python {sys.version.split()[0]}, {told}")


def reading(name, records):
    """Prints a reading; each record is a mapping of component to value."""
    records = list(records)
    print(f"READING {name}")
    if records:
        table = csv.DictWriter(sys.stdout, fieldnames=list(records[0]), extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        table.writerows(records)
    print("END")


def frame(name, data):
    """Prints a pandas data frame as a reading."""
    reading(name, data.to_dict("records"))
