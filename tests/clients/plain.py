"""pandas and DuckDB on the plain doors: BASE DATAFLOW FOLDER"""

import pathlib
import sys
import urllib.error
import urllib.request

import duckdb
import pandas

from figures import frame, versions

base, flow, folder = sys.argv[1:4]
versions("pandas", "duckdb", "pyarrow")
address = f"{base}/v1/data/{flow}"
# NA is Namibia, so that nothing but an empty cell may be read as missing.
frame("pandas read_csv", pandas.read_csv(f"{address}.csv", keep_default_na=False, dtype={"TIME_PERIOD": str}))

csv, parquet = pathlib.Path(folder) / "flows.csv", pathlib.Path(folder) / "flows.parquet"
for file in (csv, parquet):
    try:
        urllib.request.urlretrieve(address + file.suffix, file)
    except urllib.error.HTTPError as refused:
        # What the hub says is what to do next.
        sys.exit(f"{refused}: {refused.read().decode(errors='replace')}")
frame("DuckDB read_csv", duckdb.sql(f"from read_csv('{csv}')").df())
frame("DuckDB read_parquet", duckdb.sql(f"from read_parquet('{parquet}')").df())
frame("pandas read_parquet", pandas.read_parquet(parquet))
frame("pandas read_json", pandas.read_json(f"{address}.json", dtype={"TIME_PERIOD": str}))
frame("one country since 2015", pandas.read_csv(f"{address}.csv?ref_area=SWE&start=2015", dtype={"TIME_PERIOD": str}))
