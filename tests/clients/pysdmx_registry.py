"""pysdmx's registry client and data reader: BASE DATAFLOW VERSION"""

import io
import sys
import warnings

warnings.filterwarnings("ignore")

from pysdmx.api.fmr import RegistryClient
from pysdmx.api.qb import (
    ApiVersion, DataContext, DataFormat, DataQuery, RestService, StructureFormat, StructureQuery, StructureReference,
    StructureType,
)
from pysdmx.io import get_datasets

from figures import frame, versions

base, flow, version = sys.argv[1:4]
versions("pysdmx")
address = f"{base}/sdmx/v2"
registry = RegistryClient(address, timeout=60.0)
print("FACT flow", registry.get_dataflow_details("MIGHUB", flow, version).id)
print("FACT components", len(registry.get_schema("dataflow", "MIGHUB", flow, version).components))
print("FACT agencies", len(registry.get_agencies("MIGHUB")))
print("FACT sexes", len(registry.get_codes("MIGHUB", "CL_SEX", "1.0.0")))
print("FACT flows", len(registry.get_dataflows("MIGHUB")))

for name, data_format, structure_format in [
    ("CSV 2.0", DataFormat.SDMX_CSV_2_0_0, StructureFormat.SDMX_JSON_2_0_0),
    ("CSV 2.1", DataFormat.SDMX_CSV_2_1_0, StructureFormat.SDMX_ML_3_1),
    ("ML 3.0", DataFormat.SDMX_ML_3_0, StructureFormat.SDMX_JSON_2_0_0),
    ("ML 3.1", DataFormat.SDMX_ML_3_1, StructureFormat.SDMX_ML_3_1),
]:
    service = RestService(
        address, ApiVersion.V2_0_0, data_format=data_format, structure_format=structure_format, timeout=60.0
    )
    # pysdmx 1.21 does not know STRUCTURE[;], which SDMX-CSV 2 has where attributes have several values: without those.
    attributes = ["OBS_STATUS", "UNIT_MEASURE", "UNIT_MULT"] if name.startswith("CSV") else "dsd"
    data = service.data(DataQuery(DataContext.DATAFLOW, "MIGHUB", flow, version, attributes=attributes))
    references = StructureReference.DESCENDANTS
    structure = service.structure(StructureQuery(StructureType.DATAFLOW, "MIGHUB", flow, version, references=references))
    for dataset in get_datasets(io.BytesIO(data), io.BytesIO(structure), validate=True):
        frame(name, dataset.data)
