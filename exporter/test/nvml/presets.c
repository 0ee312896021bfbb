/*
 * Values of some boards, in the language of the script without slot. Busy enough that no two values of a board are easily taken for
 * one another.
 */
#include "model.h"

#include <string.h>

#define EVERY_BOARD \
  "numa 0\n" "persistence 1\n" "compute_mode 0\n" "display_active 0\n" "display_mode 0\n" \
  "utilization.gpu 63\n" "utilization.memory 41\n" "utilization.encoder 3\n" "utilization.decoder 7\n" \
  "utilization.period_ms 1000\n" "utilization.history_ms 5000\n" \
  "temperature.gpu 54\n" \
  "energy 5000000+integral(power.usage)\n" \
  "pstate 0\n" "throttle.reasons 4\n" "throttle.supported 0x1ff\n" \
  "violation.power 2000000000+1000000/s\n" "violation.thermal 3000000000\n" "violation.sync_boost 0\n" "violation.board_limit 0\n" \
  "violation.low_utilization 0\n" "violation.reliability 0\n" "violation.app_clocks 0\n" "violation.base_clocks 0\n" \
  "field 74 * ull @violation.power\n" "field 75 * ull @violation.thermal\n" "field 76 * ull @violation.sync_boost\n" \
  "field 77 * ull @violation.board_limit\n" "field 78 * ull @violation.low_utilization\n" "field 79 * ull @violation.reliability\n" \
  "field 80 * ull @violation.app_clocks\n" "field 81 * ull @violation.base_clocks\n" \
  "field 83 * ull @energy\n" \
  "pcie.replay 12\n" "pcie.tx_throughput 1500000\n" "pcie.rx_throughput 2500000\n" "field 94 * uint @pcie.replay\n" "field 95 * uint 0\n"

#define POWER_LIMITS \
  "field 185 0 uint @power.usage\n" "field 186 0 uint @power.usage*1.05\n" "field 187 0 uint @power.min_limit\n" \
  "field 188 0 uint @power.max_limit\n" "field 189 0 uint @power.default_limit\n" "field 190 0 uint @power.enforced_limit\n" \
  "field 192 0 uint @power.limit\n"

#define ECC_ON \
  "ecc.mode 1\n" "ecc.pending 1\n" \
  "ecc.corrected.volatile.total 5\n" "ecc.corrected.aggregate.total 25\n" \
  "ecc.uncorrected.volatile.total 1\n" "ecc.uncorrected.aggregate.total 2\n" \
  "field 1 * uint @ecc.mode\n" "field 2 * uint @ecc.pending\n" \
  "field 3 * ull @ecc.corrected.volatile.total\n" "field 4 * ull @ecc.uncorrected.volatile.total\n" \
  "field 5 * ull @ecc.corrected.aggregate.total\n" "field 6 * ull @ecc.uncorrected.aggregate.total\n"

#define ECC_SRAM_AND_DRAM \
  "ecc.corrected.volatile.dram 3\n" "ecc.corrected.volatile.sram 2\n" "ecc.corrected.aggregate.dram 15\n" "ecc.corrected.aggregate.sram 10\n" \
  "ecc.uncorrected.volatile.dram 1\n" "ecc.uncorrected.volatile.sram 0\n" "ecc.uncorrected.aggregate.dram 1\n" \
  "ecc.uncorrected.aggregate.sram 1\n"

#define ROW_REMAPPING \
  "remapped.correctable 1\n" "remapped.uncorrectable 2\n" "remapped.pending 0\n" "remapped.failure 0\n" \
  "rows.max 637\n" "rows.high 2\n" "rows.partial 1\n" "rows.low 0\n" "rows.none 0\n" \
  "field 142 * uint @remapped.correctable\n" "field 143 * uint @remapped.uncorrectable\n" "field 144 * uint @remapped.pending\n" \
  "field 145 * uint @remapped.failure\n"

static const char *const h100 =
    EVERY_BOARD POWER_LIMITS ECC_ON ECC_SRAM_AND_DRAM ROW_REMAPPING
    "name NVIDIA H100 80GB HBM3\n" "vbios 96.00.74.00.01\n" "gsp 580.95.05\n" "compute_capability 9.0\n" "inforom.image G520.0200.00.05\n"
    "board_part 692-2G520-0200-000\n" "brand 14\n" "architecture 9\n" "cores 16896\n" "memory.bus_width 5120\n"
    "utilization.jpeg 1\n" "utilization.ofa 2\n"
    "memory.total 85520809984\n" "memory.used 21474836480\n" "memory.reserved 629145600\n"
    "bar1.total 137438953472\n" "bar1.used 25165824\n"
    "cc_memory.protected 0\n" "cc_memory.unprotected 83516416\n"
    "temperature.margin 33\n" "temperature.shutdown 92\n" "temperature.slowdown 89\n" "temperature.gpu_max 87\n" "temperature.mem_max 95\n"
    "field 82 * uint 61\n" "field 193 * int -8\n" "field 194 * int -2\n" "field 195 * int 0\n" "field 196 * int 0\n"
    "fan.count 0\n"
    "power.usage 348000\n" "power.limit 700000\n" "power.enforced_limit 650000\n" "power.default_limit 700000\n" "power.min_limit 200000\n"
    "power.max_limit 700000\n"
    "clock.graphics 1755\n" "clock.sm 1755\n" "clock.memory 2619\n" "clock.video 1545\n"
    "clock_max.graphics 1980\n" "clock_max.sm 1980\n" "clock_max.memory 2619\n" "clock_max.video 1545\n"
    "field 269 * ull 4000000000\n" "field 270 * ull 5000000000\n" "field 271 * ull 6000000000\n"
    "pcie.generation 5\n" "pcie.width 16\n" "pcie.max_generation 5\n" "pcie.max_width 16\n" "pcie.speed 32000\n"
    "field 197 * ull 9000000000+2000000/s\n" "field 198 * ull 7000000000+1000000/s\n"
    "field 169 * uint 3\n" "field 173 * uint 4\n" "field 174 * uint 5\n" "field 175 * uint 6\n" "field 176 * uint 7\n" "field 177 * uint 8\n"
    "field 178 * uint 9\n" "field 179 * uint 10\n" "field 180 * uint 11\n" "field 181 * uint 12\n" "field 182 * uint 13\n"
    "field 183 * uint 14\n"
    "sram.aggregate_unc_parity 1\n" "sram.aggregate_unc_secded 2\n" "sram.aggregate_cor 3\n" "sram.volatile_unc_parity 4\n"
    "sram.volatile_unc_secded 5\n" "sram.volatile_cor 6\n" "sram.bucket_l2 7\n" "sram.bucket_sm 8\n" "sram.bucket_pcie 9\n"
    "sram.bucket_mcu 10\n" "sram.bucket_other 11\n" "sram.threshold_exceeded 0\n"
    "repair.channel 0\n" "repair.tpc 0\n"
    "nvlink.count 18\n" "nvlink.state 1\n" "nvlink.version 4\n" "nvlink.speed 26562\n" "nvlink.crc_flit 0\n" "nvlink.crc_data 0\n"
    "nvlink.replay 0\n" "nvlink.recovery 0\n" "nvlink.ecc 0\n"
    "field 90 * uint 26562\n" "field 91 * uint @nvlink.count\n"
    "field 138 0-17 ull 1000000+1000/s\n" "field 139 0-17 ull 2000000+2000/s\n" "field 140 0-17 ull 1100000+1100/s\n"
    "field 141 0-17 ull 2200000+2200/s\n"
    "field 138 0xFFFFFFFF ull 18000000+18000/s\n" "field 139 0xFFFFFFFF ull 36000000+36000/s\n"
    "field 38 * ull 0\n" "field 45 * ull 0\n" "field 52 * ull 0\n" "field 59 * ull 0\n" "field 160 * ull 0\n"
    "field 161 0-17 ull 1\n" "field 162 0-17 ull 2\n" "field 163 0-17 ull 3\n" "field 164 0-17 uint 26562\n" "field 165 0-17 uint 1\n"
    "field 166 0-17 uint 4\n" "field 167 0-17 uint 0\n"
    "field 226 * uint 0\n" "field 227 * uint 0\n" "field 230 * uint 0\n"
    "fabric.state 3\n" "fabric.status 0\n" "fabric.clique 7\n" "fabric.health_mask 0x2aa\n" "fabric.health_summary 1\n"
    "fabric.uuid 00112233445566778899aabbccddeeff\n"
    "mig.mode 0\n" "mig.max_devices 7\n" "events.supported 0xff9f\n" "gpm.supported 1\n" "gpm.streaming 0\n";

static const char *const a100 =
    EVERY_BOARD POWER_LIMITS ECC_ON ECC_SRAM_AND_DRAM ROW_REMAPPING
    "name NVIDIA A100-SXM4-40GB\n" "vbios 92.00.45.00.03\n" "gsp 580.95.05\n" "compute_capability 8.0\n" "brand 14\n" "architecture 7\n"
    "cores 6912\n" "memory.bus_width 5120\n" "utilization.jpeg 1\n"
    "memory.total 42949672960\n" "memory.used 10737418240\n" "memory.reserved 604635136\n" "bar1.total 68719476736\n" "bar1.used 4194304\n"
    "temperature.shutdown 95\n" "temperature.slowdown 92\n" "temperature.gpu_max 85\n" "temperature.mem_max 95\n" "field 82 * uint 58\n"
    "fan.count 0\n"
    "power.usage 248000\n" "power.limit 400000\n" "power.enforced_limit 400000\n" "power.default_limit 400000\n" "power.min_limit 100000\n"
    "power.max_limit 400000\n"
    "clock.graphics 1275\n" "clock.sm 1275\n" "clock.memory 1215\n" "clock.video 1140\n"
    "clock_max.graphics 1410\n" "clock_max.sm 1410\n" "clock_max.memory 1215\n" "clock_max.video 1290\n"
    "pcie.generation 4\n" "pcie.width 16\n" "pcie.max_generation 4\n" "pcie.max_width 16\n" "pcie.speed 16000\n"
    "nvlink.count 12\n" "nvlink.state 1\n" "nvlink.version 3\n" "nvlink.speed 25000\n" "nvlink.crc_flit 1\n" "nvlink.crc_data 2\n"
    "nvlink.replay 3\n" "nvlink.recovery 4\n"
    "field 90 * uint 25000\n" "field 91 * uint @nvlink.count\n"
    "field 138 0-11 ull 1000000+1000/s\n" "field 139 0-11 ull 2000000+2000/s\n"
    "field 138 0xFFFFFFFF ull 12000000+12000/s\n" "field 139 0xFFFFFFFF ull 24000000+24000/s\n"
    "field 38 * ull 12\n" "field 45 * ull 24\n" "field 52 * ull 36\n" "field 59 * ull 48\n"
    "field 164 0-11 uint 25000\n" "field 165 0-11 uint 1\n"
    "field 230 * uint 0\n"
    "mig.mode 0\n" "mig.max_devices 7\n" "events.supported 0x11f\n" "gpm.supported 0\n";

static const char *const t4 =
    EVERY_BOARD POWER_LIMITS ECC_ON
    "ecc.corrected.volatile.l1 0\n" "ecc.corrected.volatile.l2 1\n" "ecc.corrected.volatile.dram 3\n" "ecc.corrected.volatile.register 1\n"
    "ecc.corrected.aggregate.l2 5\n" "ecc.corrected.aggregate.dram 15\n" "ecc.corrected.aggregate.register 5\n"
    "ecc.uncorrected.volatile.l2 0\n" "ecc.uncorrected.volatile.dram 1\n" "ecc.uncorrected.volatile.cbu 0\n"
    "ecc.uncorrected.aggregate.l2 1\n" "ecc.uncorrected.aggregate.dram 1\n" "ecc.uncorrected.aggregate.cbu 0\n"
    "name Tesla T4\n" "vbios 90.04.A7.00.01\n" "compute_capability 7.5\n" "brand 2\n" "architecture 6\n" "cores 2560\n"
    "memory.bus_width 256\n"
    "memory.total 16106127360\n" "memory.used 4294967296\n" "memory.reserved 471859200\n" "bar1.total 268435456\n" "bar1.used 2097152\n"
    "temperature.shutdown 96\n" "temperature.slowdown 93\n" "temperature.gpu_max 85\n"
    "power.usage 42000\n" "power.limit 70000\n" "power.enforced_limit 70000\n" "power.default_limit 70000\n" "power.min_limit 60000\n"
    "power.max_limit 70000\n"
    "clock.graphics 1350\n" "clock.sm 1350\n" "clock.memory 5000\n" "clock.video 1245\n"
    "clock_max.graphics 1590\n" "clock_max.sm 1590\n" "clock_max.memory 5001\n" "clock_max.video 1470\n"
    "pcie.generation 3\n" "pcie.width 8\n" "pcie.max_generation 3\n" "pcie.max_width 16\n"
    "retired.single 2\n" "retired.double 1\n" "retired.pending 0\n" "field 29 * uint @retired.single\n" "field 30 * uint @retired.double\n"
    "field 31 * uint @retired.pending\n"
    "events.supported 0x1f\n" "gpm.supported 0\n";

static const char *const rtx4090 =
    EVERY_BOARD POWER_LIMITS
    "name NVIDIA GeForce RTX 4090\n" "vbios 95.02.18.80.5F\n" "gsp 580.95.05\n" "compute_capability 8.9\n" "brand 5\n" "architecture 8\n"
    "cores 16384\n" "memory.bus_width 384\n" "serial unsupported\n" "numa unsupported\n" "persistence 0\n" "display_active 1\n"
    "utilization.jpeg 0\n" "utilization.ofa 0\n"
    "memory.total 25757220864\n" "memory.used 8589934592\n" "memory.reserved 466616320\n" "bar1.total 34359738368\n" "bar1.used 16777216\n"
    "temperature.margin 30\n" "temperature.shutdown 97\n" "temperature.slowdown 94\n" "temperature.gpu_max 84\n"
    "fan.count 2\n" "fan.speed 45\n" "fan.1 46\n"
    "power.usage 290000\n" "power.limit 450000\n" "power.enforced_limit 450000\n" "power.default_limit 450000\n" "power.min_limit 150000\n"
    "power.max_limit 600000\n"
    "clock.graphics 2520\n" "clock.sm 2520\n" "clock.memory 10501\n" "clock.video 1920\n"
    "clock_max.graphics 3120\n" "clock_max.sm 3120\n" "clock_max.memory 10501\n" "clock_max.video 2415\n"
    "pcie.generation 4\n" "pcie.width 16\n" "pcie.max_generation 4\n" "pcie.max_width 16\n" "pcie.speed 16000\n"
    "events.supported 0x1c\n" "gpm.supported 0\n";

static const char *const gb10 =
    EVERY_BOARD
    "name NVIDIA GB10\n" "vbios 9A.0B.16.00.00\n" "gsp 580.95.05\n" "compute_capability 12.1\n" "brand 14\n" "architecture 10\n"
    "serial unsupported\n" "memory.total unsupported\n" "energy unsupported\n" "field 83 * ull unsupported\n"
    "temperature.margin 36\n" "power.usage 38000\n" "field 186 0 uint 39000\n"
    "clock.graphics 2405\n" "clock.sm 2405\n" "clock.video 2100\n" "clock_max.graphics 3003\n" "clock_max.sm 3003\n" "clock_max.video 3003\n"
    "pcie.generation 1\n" "pcie.width 1\n" "pcie.max_generation 5\n" "pcie.max_width 16\n"
    "utilization.memory 0\n"
    "events.supported 0x18\n" "gpm.supported 1\n";

const char *preset(const char *name) {
  if (strcmp(name, "h100") == 0) return h100;
  if (strcmp(name, "a100") == 0) return a100;
  if (strcmp(name, "t4") == 0) return t4;
  if (strcmp(name, "rtx4090") == 0) return rtx4090;
  if (strcmp(name, "gb10") == 0) return gb10;
  return NULL;
}
