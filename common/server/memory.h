#ifndef RAPPORT_COMMON_SERVER_MEMORY_H_
#define RAPPORT_COMMON_SERVER_MEMORY_H_

#include <cstdint>

namespace rapport::server {

// What the process holds in memory.
int64_t ResidentBytes();

// What it may hold: the limit of its container (control group), else the memory of the machine.
int64_t AvailableBytes();

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_MEMORY_H_
