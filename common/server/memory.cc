#include "common/server/memory.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "absl/strings/numbers.h"

namespace rapport::server {

int64_t ResidentBytes() {
  int64_t all_pages = 0;
  int64_t resident_pages = 0;
  std::ifstream("/proc/self/statm") >> all_pages >> resident_pages;
  return resident_pages * sysconf(_SC_PAGESIZE);
}

int64_t AvailableBytes() {
  int64_t available = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  // Of both versions of control groups; "max" is no number.
  for (const char* file : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::string text;
    std::ifstream(file) >> text;
    int64_t limit = 0;
    if (absl::SimpleAtoi(text, &limit) && limit > 0) available = std::min(available, limit);
  }
  return available;
}

}  // namespace rapport::server
