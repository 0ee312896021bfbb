"""Prints the layouts and constants of NVIDIA's own binding (nvidia-ml-py) as JSON: names, offsets, sizes and numbers only.

Reads from standard input: {"structs": {struct: [field]}, "constants": [name]}. `pynvml` is found on PYTHONPATH.
"""

import ctypes
import json
import sys
from importlib import metadata

import pynvml

# Where the binding's name of a struct is not ours with c_ before it.
STRUCTS = {
    "nvmlPciInfo_t": "nvmlPciInfo_t",
    "nvmlProcessInfo_v1_t": None,
    "nvmlRowRemapperHistogramValues_t": "c_nvmlRowRemapperHistogramValues",
    "nvmlDeviceAttributes_t": "c_nvmlDeviceAttributes",
    "nvmlRepairStatus_v1_t": "c_nvmlRepairStatus_t",
}
# Fields of a struct within a struct.
NESTED = {
    ("nvmlGpuInstanceInfo_t", "placementStart"): ("placement", "start"),
    ("nvmlGpuInstanceInfo_t", "placementSize"): ("placement", "size"),
    ("nvmlGpmMetric_t", "shortName"): ("metricInfo", "shortName"),
    ("nvmlGpmMetric_t", "longName"): ("metricInfo", "longName"),
    ("nvmlGpmMetric_t", "unit"): ("metricInfo", "unit"),
}
# Where the constant with the version word is not the name of the struct without _t.
VERSIONS = {
    "nvmlGpmSupport_t": "NVML_GPM_SUPPORT_VERSION",
    "nvmlGpmMetricsGet_t": "NVML_GPM_METRICS_GET_VERSION",
    "nvmlProcessesUtilizationInfo_v1_t": "ProcessesUtilizationInfo_v1",
}


def place(struct, path):
    """Offset and size of a field, given as the names that lead to it."""
    offset = 0
    for name in path:
        field = getattr(struct, name)
        offset, size = offset + field.offset, field.size
        struct = dict((entry[0], entry[1]) for entry in struct._fields_)[name]
    return {"offset": offset, "bytes": size}


def layout(name, fields):
    struct = getattr(pynvml, STRUCTS.get(name, "c_" + name) or "", None)
    if struct is None:
        return None
    version = getattr(pynvml, VERSIONS.get(name, name[:-2]), None)
    places = {field: place(struct, NESTED.get((name, field), (field,))) for field in fields}
    return {"bytes": ctypes.sizeof(struct), "version": version if isinstance(version, int) else None, "fields": places}


def package_version():
    try:
        return metadata.version("nvidia-ml-py")
    except metadata.PackageNotFoundError:
        return None


question = json.load(sys.stdin)
json.dump(
    {
        "package": "nvidia-ml-py",
        "version": package_version(),
        "structs": {name: layout(name, fields) for name, fields in question["structs"].items()},
        "constants": {name: getattr(pynvml, name, None) for name in question["constants"]},
    },
    sys.stdout,
)
