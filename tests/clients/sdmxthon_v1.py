"""sdmxthon on the SDMX 2.1 API: BASE DATAFLOW VERSION"""

import sys

from sdmxthon.webservices.query_builder import SdmxWs1
from sdmxthon.webservices.webservices import SdmxWebServiceConnection

from figures import frame, versions

base, flow, version = sys.argv[1:4]
versions("sdmxthon")


class Hub(SdmxWebServiceConnection):
    AGENCY_ID = "MIGHUB"
    ENTRY_POINT = f"{base}/sdmx/v1"
    WS_IMPLEMENTATION = SdmxWs1()


hub = Hub()
assert any(found["id"] == flow for found in hub.get_all_dataflows()), "the dataflow is not listed"
hub.get_data_flow(flow, agency_id="MIGHUB", version=version, references="descendants")
datasets = hub.get_data(f"MIGHUB,{flow},{version}").payload
for dataset in datasets.values() if isinstance(datasets, dict) else [datasets]:
    frame("generic 2.1", dataset.data)
