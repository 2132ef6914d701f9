"""pysdmx's connectors for data discovery and retrieval: BASE DATAFLOW VERSION"""

import sys
import warnings

warnings.filterwarnings("ignore")

from pysdmx.api.dc.pd import PandasConnector
from pysdmx.api.dc.rest import SdmxConnector

from figures import frame, reading, versions

base, flow, version = sys.argv[1:4]
versions("pysdmx")
urn = f"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=MIGHUB:{flow}({version})"
connector = SdmxConnector(f"{base}/sdmx/v2", timeout=60.0)
assert any(found.id == flow for found in connector.dataflows()), "the dataflow is not listed"
described = connector.dataflow(urn)
print("FACT observations", described.obs_count)
print("FACT components", len(described.structure.components))
reading("CSV 2.0", connector.data(urn))
reading("key REF_AREA=SWE", connector.data(urn, "REF_AREA='SWE'"))
# Without its schema: pysdmx 1.21 hands pandas a type for date-time components that pandas refuses.
read = PandasConnector(f"{base}/sdmx/v2", timeout=60.0).data(urn, apply_schema=False)
frame("pandas CSV 1.0", read.reset_index())
