"""sdmx1 on the SDMX 2.1 API: BASE DATAFLOW"""

import sys

import sdmx

from figures import reading, versions

base, flow = sys.argv[1:3]
versions("sdmx1")
supports = {"availableconstraint": True, "preview": True, "structure-specific data": True}
source = {"id": "MIGHUB", "url": f"{base}/sdmx/v1", "name": "mighub", "supports": supports}
sdmx.add_source(source, override=True)
client = sdmx.Client("MIGHUB")


def records(message):
    for dataset in message.data:
        for observation in dataset.obs:
            record = {name: value.value for name, value in observation.key.values.items()}
            yield {**record, "OBS_VALUE": observation.value}


assert flow in client.dataflow().dataflow, "the dataflow is not listed"
structure = client.dataflow(flow).dataflow[flow].structure
reading("generic 2.1", records(client.data(flow)))
reading("structure-specific 2.1", records(client.data(flow, dsd=structure)))
json = {"Accept": "application/vnd.sdmx.data+json;version=1.0.0"}
reading("JSON 1.0", records(client.data(flow, headers=json)))
reading("key REF_AREA=SWE", records(client.data(flow, key={"REF_AREA": "SWE"}, dsd=structure)))

available = client.get("availableconstraint", flow)
region = next(iter(available.constraint.values())).data_content_region[0]
areas = {dimension.id: len(found.values) for dimension, found in region.member.items() if hasattr(found, "values")}
print("FACT areas", areas["REF_AREA"])
