package main

// What dcgm-exporter collects where nothing else is asked for.
var defaultDcgmCounters = []dcgmCounter{
	{"DCGM_FI_DEV_SM_CLOCK", "gauge", "SM clock in MHz."},
	{"DCGM_FI_DEV_MEM_CLOCK", "gauge", "Memory clock in MHz."},
	{"DCGM_FI_DEV_MEMORY_TEMP", "gauge", "Memory temperature in C."},
	{"DCGM_FI_DEV_GPU_TEMP", "gauge", "GPU temperature in C."},
	{"DCGM_FI_DEV_POWER_USAGE", "gauge", "Power draw in W."},
	{"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "counter", "Energy since boot in mJ."},
	{"DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "counter", "PCIe retries."},
	{"DCGM_FI_DEV_GPU_UTIL", "gauge", "GPU utilization in percent."},
	{"DCGM_FI_DEV_MEM_COPY_UTIL", "gauge", "Memory utilization in percent."},
	{"DCGM_FI_DEV_ENC_UTIL", "gauge", "Encoder utilization in percent."},
	{"DCGM_FI_DEV_DEC_UTIL", "gauge", "Decoder utilization in percent."},
	{"DCGM_FI_DEV_XID_ERRORS", "gauge", "The last XID error."},
	{"DCGM_FI_DEV_FB_FREE", "gauge", "Free framebuffer in MiB."},
	{"DCGM_FI_DEV_FB_USED", "gauge", "Used framebuffer in MiB."},
	{"DCGM_FI_DEV_FB_RESERVED", "gauge", "Reserved framebuffer in MiB."},
	{"DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL", "counter", "NVLink bandwidth of all lanes."},
	{"DCGM_FI_DEV_VGPU_LICENSE_STATUS", "gauge", "vGPU license."},
	{"DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", "counter", "Rows remapped for uncorrectable errors."},
	{"DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS", "counter", "Rows remapped for correctable errors."},
	{"DCGM_FI_DEV_ROW_REMAP_FAILURE", "gauge", "Whether remapping of rows failed."},
	{"DCGM_FI_DRIVER_VERSION", "label", "Driver version."},
	{"DCGM_FI_PROF_GR_ENGINE_ACTIVE", "gauge", "Time that the graphics engine is active, as a ratio."},
	{"DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "gauge", "Cycles that the tensor pipe is active, as a ratio."},
	{"DCGM_FI_PROF_DRAM_ACTIVE", "gauge", "Cycles that the memory interface is active, as a ratio."},
	{"DCGM_FI_PROF_PCIE_TX_BYTES", "gauge", "PCIe bytes sent per second."},
	{"DCGM_FI_PROF_PCIE_RX_BYTES", "gauge", "PCIe bytes received per second."},
}

var dcgmLabelValues = map[string]string{"DCGM_FI_DRIVER_VERSION": "580.65.06"}

// dcgmReadings are those that are not 0.
var dcgmReadings = map[string]reading{
	"DCGM_FI_DEV_SM_CLOCK":                 {idle: 345, busy: 1980},
	"DCGM_FI_DEV_MEM_CLOCK":                {idle: 2619, busy: 2619},
	"DCGM_FI_DEV_MEMORY_TEMP":              {idle: 35, busy: 70},
	"DCGM_FI_DEV_GPU_TEMP":                 {idle: 30, busy: 62},
	"DCGM_FI_DEV_POWER_USAGE":              {idle: 70, busy: 640},
	"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": {idle: 70_000, busy: 640_000, perSecond: true},
	"DCGM_FI_DEV_GPU_UTIL":                 {busy: 93},
	"DCGM_FI_DEV_MEM_COPY_UTIL":            {busy: 41},
	"DCGM_FI_DEV_FB_FREE":                  {idle: 81_000, busy: 9_000},
	"DCGM_FI_DEV_FB_USED":                  {idle: 4, busy: 72_004},
	"DCGM_FI_DEV_FB_RESERVED":              {idle: 555, busy: 555},
	"DCGM_FI_DEV_FB_TOTAL":                 {idle: 81_559, busy: 81_559},
	"DCGM_FI_DEV_POWER_MGMT_LIMIT":         {idle: 700, busy: 700},
	"DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL":   {busy: 52_000},
	"DCGM_FI_PROF_GR_ENGINE_ACTIVE":        {busy: 0.92},
	"DCGM_FI_PROF_SM_ACTIVE":               {busy: 0.81},
	"DCGM_FI_PROF_SM_OCCUPANCY":            {busy: 0.44},
	"DCGM_FI_PROF_PIPE_TENSOR_ACTIVE":      {busy: 0.37},
	"DCGM_FI_PROF_DRAM_ACTIVE":             {busy: 0.45},
	"DCGM_FI_PROF_PCIE_TX_BYTES":           {idle: 1e5, busy: 6e9},
	"DCGM_FI_PROF_PCIE_RX_BYTES":           {idle: 1e5, busy: 3e9},
}
