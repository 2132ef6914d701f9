"""sdmx1 on the SDMX 3.0 API: BASE DATAFLOW VERSION"""

import io
import sys

import requests
import sdmx
import sdmx.reader.csv

from figures import reading, versions

base, flow, version = sys.argv[1:4]
versions("sdmx1")
address = f"{base}/sdmx/v2"
sdmx.add_source({"id": "MIGHUB", "url": address, "name": "mighub", "versions": ["3.0.0"]}, override=True)
client = sdmx.Client("MIGHUB")
named = {"agency_id": "MIGHUB", "version": version}

xml = {"Accept": "application/vnd.sdmx.structure+xml;version=3.0.0"}
found = client.get("dataflow", flow, params={"references": "descendants"}, headers=xml, **named)
structure = next(iter(found.structure.values()))


def records(message):
    for dataset in message.data:
        for observation in dataset.obs:
            record = {name: value.value for name, value in observation.key.values.items()}
            yield {**record, "OBS_VALUE": observation.value}


xml = {"Accept": "application/vnd.sdmx.data+xml;version=3.0.0"}
data = client.get("data", flow, context="dataflow", key="*", dsd=structure, headers=xml, **named)
reading("ML 3.0", records(data))

# The client drops the structure for CSV; its reader takes it by hand.
path = f"{address}/data/dataflow/MIGHUB/{flow}/{version}"
answer = requests.get(f"{path}/*", headers={"Accept": "application/vnd.sdmx.data+csv;version=2.0.0"}, timeout=60)
answer.raise_for_status()
message = sdmx.reader.csv.Reader().convert(io.BytesIO(answer.content), structure=structure)
reading("CSV 2.0", records(message))

# What the client itself sends for time travel is misspelt (updateAfter, includeHistory=True): it must work.
query = "updatedAfter=2020-01-01T00%3A00%3A00Z&c[SEX]=_T&attributes=none"
reading("updatedAfter", records(client.get(url=f"{path}/*?{query}", headers=xml)))
sent = client.get(
    "data", flow, context="dataflow", key="*", dry_run=True, **named,
    params={"update_after": "2020-01-01T00:00:00Z", "include_history": True},
).url
answer = requests.get(sent, headers=xml, timeout=60)
print("FACT status-of-misspelt-time-travel", answer.status_code)
