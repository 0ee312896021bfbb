"""Reads everything that the library answers through NVIDIA's own binding, and prints it as JSON, by the names of the script.

The library is the `libnvidia-ml.so.1` of LD_LIBRARY_PATH.
"""

import ctypes
import json
import time

import pynvml as n

read = {}


def put(name, value):
    read[name] = value.decode() if isinstance(value, bytes) else value


def each(names, values):
    for name, value in zip(names, values, strict=True):
        put(name, value)


def fields_of(struct, *names):
    return [getattr(struct, name) for name in names]


def code_of(call):
    try:
        call()
        return 0
    except n.NVMLError as error:
        return error.value


def device_values(d):
    put("name", n.nvmlDeviceGetName(d))
    put("uuid", n.nvmlDeviceGetUUID(d))
    put("serial", n.nvmlDeviceGetSerial(d))
    put("vbios", n.nvmlDeviceGetVbiosVersion(d))
    put("gsp", n.nvmlDeviceGetGspFirmwareVersion(d))
    put("pci", n.nvmlDeviceGetPciInfo(d).busId)
    put("compute_capability", "{}.{}".format(*n.nvmlDeviceGetCudaComputeCapability(d)))
    put("inforom.image", n.nvmlDeviceGetInforomImageVersion(d))
    put("board_part", n.nvmlDeviceGetBoardPartNumber(d))
    put("minor", n.nvmlDeviceGetMinorNumber(d))
    put("brand", n.nvmlDeviceGetBrand(d))
    put("architecture", n.nvmlDeviceGetArchitecture(d))
    put("numa", n.nvmlDeviceGetNumaNodeId(d))
    put("persistence", n.nvmlDeviceGetPersistenceMode(d))
    put("compute_mode", n.nvmlDeviceGetComputeMode(d))
    put("display_active", n.nvmlDeviceGetDisplayActive(d))
    put("display_mode", n.nvmlDeviceGetDisplayMode(d))
    put("cores", n.nvmlDeviceGetNumGpuCores(d))
    put("memory.bus_width", n.nvmlDeviceGetMemoryBusWidth(d))
    each(["utilization.gpu", "utilization.memory"], fields_of(n.nvmlDeviceGetUtilizationRates(d), "gpu", "memory"))
    put("utilization.encoder", n.nvmlDeviceGetEncoderUtilization(d)[0])
    put("utilization.decoder", n.nvmlDeviceGetDecoderUtilization(d)[0])
    put("utilization.jpeg", n.nvmlDeviceGetJpgUtilization(d)[0])
    put("utilization.ofa", n.nvmlDeviceGetOfaUtilization(d)[0])
    memory = n.nvmlDeviceGetMemoryInfo(d, version=n.nvmlMemory_v2)
    each(["memory.total", "memory.used", "memory.reserved"], fields_of(memory, "total", "used", "reserved"))
    first = n.nvmlDeviceGetMemoryInfo(d)
    put("memory of version 1", fields_of(first, "total", "used", "free"))
    each(["bar1.total", "bar1.used"], fields_of(n.nvmlDeviceGetBAR1MemoryInfo(d), "bar1Total", "bar1Used"))
    put("temperature.gpu", n.nvmlDeviceGetTemperature(d, 0))
    put("temperature of version 1", n.nvmlDeviceGetTemperatureV(d, 0))
    put("temperature.margin", n.nvmlDeviceGetMarginTemperature(d))
    thresholds = ["shutdown", "slowdown", "mem_max", "gpu_max", "acoustic_min", "acoustic_current", "acoustic_max", "gps_current"]
    for number, name in enumerate(thresholds):
        put("temperature." + name, n.nvmlDeviceGetTemperatureThreshold(d, number))
    put("fan.count", n.nvmlDeviceGetNumFans(d))
    put("fan.speed", n.nvmlDeviceGetFanSpeed(d))
    for fan in range(8):
        put(f"fan.{fan}", n.nvmlDeviceGetFanSpeed_v2(d, fan))
    put("power.usage", n.nvmlDeviceGetPowerUsage(d))
    put("power.limit", n.nvmlDeviceGetPowerManagementLimit(d))
    put("power.enforced_limit", n.nvmlDeviceGetEnforcedPowerLimit(d))
    put("power.default_limit", n.nvmlDeviceGetPowerManagementDefaultLimit(d))
    each(["power.min_limit", "power.max_limit"], n.nvmlDeviceGetPowerManagementLimitConstraints(d))
    put("energy", n.nvmlDeviceGetTotalEnergyConsumption(d))
    for number, name in enumerate(["graphics", "sm", "memory", "video"]):
        put("clock." + name, n.nvmlDeviceGetClockInfo(d, number))
        put("clock_max." + name, n.nvmlDeviceGetMaxClockInfo(d, number))
    put("pstate", n.nvmlDeviceGetPerformanceState(d))
    put("throttle.reasons", n.nvmlDeviceGetCurrentClocksEventReasons(d))
    put("throttle.supported", n.nvmlDeviceGetSupportedClocksEventReasons(d))
    policies = {"power": 0, "thermal": 1, "sync_boost": 2, "board_limit": 3, "low_utilization": 4, "reliability": 5}
    for name, number in {**policies, "app_clocks": 10, "base_clocks": 11}.items():
        put("violation." + name, n.nvmlDeviceGetViolationStatus(d, number).violationTime)


def links_and_errors(d):
    put("pcie.generation", n.nvmlDeviceGetCurrPcieLinkGeneration(d))
    put("pcie.width", n.nvmlDeviceGetCurrPcieLinkWidth(d))
    put("pcie.max_generation", n.nvmlDeviceGetMaxPcieLinkGeneration(d))
    put("pcie.max_width", n.nvmlDeviceGetMaxPcieLinkWidth(d))
    put("pcie.replay", n.nvmlDeviceGetPcieReplayCounter(d))
    put("pcie.speed", n.nvmlDeviceGetPcieSpeed(d))
    put("pcie.tx_throughput", n.nvmlDeviceGetPcieThroughput(d, n.NVML_PCIE_UTIL_TX_BYTES))
    put("pcie.rx_throughput", n.nvmlDeviceGetPcieThroughput(d, n.NVML_PCIE_UTIL_RX_BYTES))
    each(["ecc.mode", "ecc.pending"], n.nvmlDeviceGetEccMode(d))
    places = ["l1", "l2", "dram", "register", "texture", "shared", "cbu", "sram"]
    for error, error_name in enumerate(["corrected", "uncorrected"]):
        for period, period_name in enumerate(["volatile", "aggregate"]):
            prefix = f"ecc.{error_name}.{period_name}."
            put(prefix + "total", n.nvmlDeviceGetTotalEccErrors(d, error, period))
            for place, place_name in enumerate(places):
                put(prefix + place_name, n.nvmlDeviceGetMemoryErrorCounter(d, error, period, place))
    sram = n.c_nvmlEccSramErrorStatus_v1_t()
    n.nvmlDeviceGetSramEccErrorStatus(d, ctypes.byref(sram))
    names = ["aggregate_unc_parity", "aggregate_unc_secded", "aggregate_cor", "volatile_unc_parity", "volatile_unc_secded", "volatile_cor"]
    names += ["bucket_l2", "bucket_sm", "bucket_pcie", "bucket_mcu", "bucket_other", "threshold_exceeded"]
    each(["sram." + name for name in names], [getattr(sram, field[0]) for field in sram._fields_[1:]])
    put("retired.single", len(n.nvmlDeviceGetRetiredPages(d, 0)))
    put("retired.double", len(n.nvmlDeviceGetRetiredPages(d, 1)))
    put("retired.pending", n.nvmlDeviceGetRetiredPagesPendingStatus(d))
    each(["remapped." + name for name in ["correctable", "uncorrectable", "pending", "failure"]], n.nvmlDeviceGetRemappedRows(d))
    rows = ["max", "high", "partial", "low", "none"]
    each(["rows." + name for name in rows], fields_of(n.nvmlDeviceGetRowRemapperHistogram(d), *rows))
    each(["repair.channel", "repair.tpc"], n.nvmlDeviceGetRepairStatus(d))
    put("nvlink.state", n.nvmlDeviceGetNvLinkState(d, 2))
    put("nvlink.version", n.nvmlDeviceGetNvLinkVersion(d, 2))
    for number, name in enumerate(["replay", "recovery", "crc_flit", "crc_data", "ecc"]):
        put("nvlink." + name, n.nvmlDeviceGetNvLinkErrorCounter(d, 2, number))
    put("replay of link 1", n.nvmlDeviceGetNvLinkErrorCounter(d, 1, 0))
    fabric = n.c_nvmlGpuFabricInfo_v3_t()
    n.nvmlDeviceGetGpuFabricInfoV(d, ctypes.byref(fabric))
    put("fabric.uuid", bytes(fabric.clusterUuid).hex())
    names = ["fabric.state", "fabric.status", "fabric.clique", "fabric.health_mask", "fabric.health_summary"]
    each(names, fields_of(fabric, "state", "status", "cliqueId", "healthMask", "healthSummary"))
    put("mig.mode", n.nvmlDeviceGetMigMode(d)[0])
    put("mig.pending", n.nvmlDeviceGetMigMode(d)[1])
    put("mig.max_devices", n.nvmlDeviceGetMaxMigDeviceCount(d))
    put("events.supported", n.nvmlDeviceGetSupportedEventTypes(d))
    put("gpm.supported", n.nvmlGpmQueryDeviceSupport(d).isSupportedDevice)
    put("gpm.streaming", n.nvmlGpmQueryIfStreamingEnabled(d))
    size = n.nvmlDeviceGetConfComputeMemSizeInfo(d)
    each(["cc_memory.protected", "cc_memory.unprotected"], fields_of(size, "protectedMemSizeKib", "unprotectedMemSizeKib"))


def process(entry):
    return [entry.pid, entry.usedGpuMemory, entry.gpuInstanceId, entry.computeInstanceId]


def processes(d):
    put("compute", [process(p) for p in n.nvmlDeviceGetComputeRunningProcesses_v3(d)])
    put("compute of version 2", [process(p) for p in n.nvmlDeviceGetComputeRunningProcesses_v2(d)])
    put("graphics", [process(p) for p in n.nvmlDeviceGetGraphicsRunningProcesses_v3(d)])
    put("mps", [process(p) for p in n.nvmlDeviceGetMPSComputeRunningProcesses_v3(d)])
    details = n.nvmlDeviceGetRunningProcessDetailList(d, n.nvmlProcessDetailList_v1, 0)
    put("detail", [process(p) + [p.usedGpuCcProtectedMemory] for p in details])
    samples = n.nvmlDeviceGetProcessUtilization(d, 0)
    put("samples", [fields_of(s, "pid", "smUtil", "memUtil", "encUtil", "decUtil") for s in samples])
    put("age of the last sample", time.time() - max(s.timeStamp for s in samples) / 1e6)
    infos = n.nvmlDeviceGetProcessesUtilizationInfo(d, 0)
    put("infos", [fields_of(i, "pid", "smUtil", "memUtil", "encUtil", "decUtil", "jpgUtil", "ofaUtil") for i in infos])
    put("process name", n.nvmlSystemGetProcessName(samples[0].pid))


def field_values(d):
    names = ["dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal"]
    values = n.nvmlDeviceGetFieldValues(d, [(900 + kind, 0) for kind in range(7)] + [138, (138, 3), (138, 0xFFFFFFFF), 950])
    put("fields", [[v.nvmlReturn, getattr(v.value, names[v.valueType]) if v.nvmlReturn == 0 else None] for v in values])


def profile(take):
    samples = [n.nvmlGpmSampleAlloc(), n.nvmlGpmSampleAlloc()]
    for sample in samples:
        take(sample)
        time.sleep(0.01)
    request = n.c_nvmlGpmMetricsGet_t()
    request.version, request.numMetrics = n.NVML_GPM_METRICS_GET_VERSION, 3
    request.sample1, request.sample2 = samples
    for at, metric in enumerate([n.NVML_GPM_METRIC_SM_UTIL, n.NVML_GPM_METRIC_DRAM_BW_UTIL, n.NVML_GPM_METRIC_FP64_UTIL]):
        request.metrics[at].metricId = metric
    answer = n.nvmlGpmMetricsGet(request)
    put("refuses samples in the wrong order", code_of(lambda: n.nvmlGpmMetricsGet(swapped(request))))
    for sample in samples:
        n.nvmlGpmSampleFree(sample)
    return [[m.nvmlReturn, m.value] for m in answer.metrics[:3]]


def swapped(request):
    request.sample1, request.sample2 = request.sample2, request.sample1
    return request


def events(d):
    wanted = n.nvmlEventSetCreate()
    n.nvmlDeviceRegisterEvents(d, n.nvmlEventTypeXidCriticalError, wanted)
    data = n.nvmlEventSetWait_v2(wanted, 100)
    put("event", fields_of(data, "eventType", "eventData", "gpuInstanceId", "computeInstanceId"))
    put("event is of device", n.nvmlDeviceGetUUID(data.device))
    start = time.time()
    put("no event", code_of(lambda: n.nvmlEventSetWait_v2(wanted, 60)))
    put("waited", time.time() - start)
    n.nvmlEventSetFree(wanted)


def migs(d):
    found = []
    for index in range(n.nvmlDeviceGetMaxMigDeviceCount(d)):
        try:
            found.append((index, n.nvmlDeviceGetMigDeviceHandleByIndex(d, index)))
        except n.NVMLError_NotFound:
            continue
    put("MIG indexes", [index for index, _ in found])
    mig = found[0][1]
    put("MIG name", n.nvmlDeviceGetName(mig))
    put("MIG uuid", n.nvmlDeviceGetUUID(mig))
    put("MIG ids", [n.nvmlDeviceGetGpuInstanceId(mig), n.nvmlDeviceGetComputeInstanceId(mig), n.nvmlDeviceIsMigDeviceHandle(mig)])
    put("MIG memory", fields_of(n.nvmlDeviceGetMemoryInfo(mig, version=n.nvmlMemory_v2), "total", "used", "reserved"))
    attributes = n.nvmlDeviceGetAttributes_v2(mig)
    put("MIG attributes", [getattr(attributes, field[0]) for field in attributes._fields_])
    put("MIG parent", n.nvmlDeviceGetUUID(n.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(mig)))
    info = n.nvmlGpuInstanceGetInfo(n.nvmlDeviceGetGpuInstanceById(d, 7))
    put("GPU instance", [info.id, info.profileId, info.placement.start, info.placement.size])
    put("profile", n.nvmlDeviceGetGpuInstanceProfileInfo(d, 0).name)
    put("MIG processes", [process(p) for p in n.nvmlDeviceGetComputeRunningProcesses_v3(mig)])
    put("processes of the parent", [process(p) for p in n.nvmlDeviceGetComputeRunningProcesses_v3(d)])
    put("MIG profiling", profile(lambda sample: n.nvmlGpmMigSampleGet(d, 7, sample)))
    put("utilization under MIG", code_of(lambda: n.nvmlDeviceGetUtilizationRates(d)))
    put("utilization of processes under MIG", code_of(lambda: n.nvmlDeviceGetProcessUtilization(d, 0)))
    put("power of a MIG device", code_of(lambda: n.nvmlDeviceGetPowerUsage(mig)))


n.nvmlInit()
put("versions", [n.nvmlSystemGetDriverVersion(), n.nvmlSystemGetNVMLVersion(), n.nvmlSystemGetCudaDriverVersion_v2()])
put("count", n.nvmlDeviceGetCount())
first = n.nvmlDeviceGetHandleByIndex(0)
device_values(first)
put("found by address", n.nvmlDeviceGetUUID(n.nvmlDeviceGetHandleByPciBusId(read["pci"])))
put("found by uuid", n.nvmlDeviceGetIndex(n.nvmlDeviceGetHandleByUUID(read["uuid"])))
links_and_errors(first)
processes(first)
field_values(first)
put("profiling", profile(lambda sample: n.nvmlGpmSampleGet(first, sample)))
events(first)
migs(n.nvmlDeviceGetHandleByIndex(1))
n.nvmlShutdown()
put("after shutdown", code_of(n.nvmlDeviceGetCount))
n.nvmlInit()
put("stale handle", code_of(lambda: n.nvmlDeviceGetName(first)))
print(json.dumps(read, default=lambda number: number.value))
