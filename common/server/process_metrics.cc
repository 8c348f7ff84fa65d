#include "common/server/process_metrics.h"

#include <malloc.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/metrics/runtime_metrics.h"

namespace rapport::server {
namespace {

std::string Read(const char* path) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

double Number(const std::vector<std::string>& fields, size_t index) {
  double value = 0;
  return index < fields.size() && absl::SimpleAtod(fields[index], &value) ? value : 0;
}

// Fields of /proc/self/stat from the third on (proc(5)); the second, the name in parentheses, may hold spaces.
std::vector<std::string> StatFields() {
  const std::string stat = Read("/proc/self/stat");
  const size_t name_end = stat.rfind(") ");
  if (name_end == std::string::npos) return {};
  return absl::StrSplit(stat.substr(name_end + 2), ' ');
}

constexpr size_t kUserTicks = 11;
constexpr size_t kSystemTicks = 12;
constexpr size_t kThreads = 17;
constexpr size_t kStartTicks = 19;
constexpr size_t kResidentPages = 21;

double BootTime() {
  for (const absl::string_view line : absl::StrSplit(Read("/proc/stat"), '\n')) {
    const std::vector<std::string> fields = absl::StrSplit(line, ' ');
    if (fields[0] == "btime") return Number(fields, 1);
  }
  return 0;
}

double OpenFds() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error)) {
    ++count;
  }
  return std::max(0.0, count - 1);  // less the one that lists them
}

double MaxFds() {
  rlimit limit = {};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

}  // namespace

metrics::CollectHook ExposeProcessMetrics(metrics::Registry& registry) {
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const double page = static_cast<double>(sysconf(_SC_PAGESIZE));
  registry.GetGauge(metrics::kProcessStartTime).Set(BootTime() + Number(StatFields(), kStartTicks) / ticks);
  registry.GetGauge(metrics::kProcessMaxFds).Set(MaxFds());
  return registry.OnCollect(
      [ticks, page, &cpu = registry.GetCounter(metrics::kProcessCpu),
       &memory = registry.GetGauge(metrics::kProcessResidentMemory), &heap = registry.GetGauge(metrics::kProcessHeap),
       &threads = registry.GetGauge(metrics::kProcessThreads), &fds = registry.GetGauge(metrics::kProcessOpenFds)] {
        const std::vector<std::string> fields = StatFields();
        const double spent = (Number(fields, kUserTicks) + Number(fields, kSystemTicks)) / ticks;
        cpu.Increment(std::max(0.0, spent - cpu.Value()));
        memory.Set(Number(fields, kResidentPages) * page);
        const struct mallinfo2 allocated = mallinfo2();
        heap.Set(static_cast<double>(allocated.uordblks + allocated.hblkhd));
        threads.Set(Number(fields, kThreads));
        fds.Set(OpenFds());
      });
}

}  // namespace rapport::server
