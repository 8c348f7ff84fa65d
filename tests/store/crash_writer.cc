// Commits numbered mutations until it is killed or the store goes away, and prints the number of each that the store
// has acknowledged. Usage: store_crash_writer URL FIRST_NUMBER

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/store/open_store.h"

namespace rapport::store {
namespace {

Mutation Numbered(int64_t number) {
  const std::string name = absl::StrCat(number);
  Mutation mutation;
  mutation.partition = {"acme", static_cast<uint32_t>(number % 4)};
  mutation.puts.push_back({{"first", name, false}, absl::StrCat("first ", name)});
  mutation.puts.push_back({{"second", name, true}, absl::StrCat("second ", name), absl::Hours(1)});
  mutation.expects.push_back({{"first", name, false}, 0});
  mutation.adds.emplace_back().table = "counters";
  mutation.adds.back().deltas.Add(name, 1);
  mutation.ranks.push_back({"index", name, number});
  mutation.appends.push_back({"stream", name});
  return mutation;
}

int Run(const char* url, int64_t number) {
  StoreOptions options;
  options.partitions = 8;
  options.url = url;
  options.service = "crash";
  options.stream_retention = int64_t{1} << 40;
  absl::StatusOr<std::unique_ptr<Store>> store = OpenStore(options);
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", store.status().ToString().c_str());
    return 2;
  }
  for (;;) {
    std::vector<Mutation> mutations;
    mutations.reserve(6);
    for (int i = 0; i < 6; ++i) mutations.push_back(Numbered(number + i));
    std::string acknowledged;
    bool all = true;
    for (const absl::Status& status : (*store)->Commit(mutations)) {
      if (status.ok()) absl::StrAppend(&acknowledged, number, "\n");
      all = all && status.ok();
      ++number;
    }
    if (write(STDOUT_FILENO, acknowledged.data(), acknowledged.size()) < 0 || !all) return 1;
  }
}

}  // namespace
}  // namespace rapport::store

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: store_crash_writer URL FIRST_NUMBER\n");
    return 2;
  }
  return rapport::store::Run(argv[1], std::atoll(argv[2]));
}
