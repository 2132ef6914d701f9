"""pandaSDMX on the SDMX 2.1 API: BASE DATAFLOW"""

import sys
import warnings

warnings.filterwarnings("ignore")

import pandasdmx

from figures import reading, versions

base, flow = sys.argv[1:3]
versions("pandasdmx")
source = {"id": "MIGHUB", "url": f"{base}/sdmx/v1", "name": "mighub", "supports": {"preview": True}}
pandasdmx.add_source(source, override=True)
request = pandasdmx.Request("MIGHUB")
structure = request.dataflow(flow).dataflow[flow].structure


def records(message):
    for dataset in message.data:
        for observation in dataset.obs:
            record = {name: value.value for name, value in observation.key.values.items()}
            yield {**record, "OBS_VALUE": observation.value}


reading("generic 2.1", records(request.data(flow)))
reading("structure-specific 2.1", records(request.data(flow, dsd=structure)))
