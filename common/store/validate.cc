#include "common/store/validate.h"

#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace rapport::store {
namespace {

constexpr int64_t kScoreLimit = int64_t{1} << 53;

absl::Status CheckPut(const Put& put) {
  if (absl::Status status = CheckKey(put.key); !status.ok()) return status;
  const bool finite = put.ttl != absl::InfiniteDuration();
  if (finite != put.key.expires) {
    return absl::InvalidArgumentError(absl::StrCat(
        "put.ttl of collection '", put.key.collection, "' is ", finite ? "finite" : "infinite", " but key.expires is ",
        put.key.expires ? "true" : "false", ": a time to live goes with an expiring collection and with no other"));
  }
  if (finite && put.ttl < absl::Milliseconds(1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("put.ttl is ", absl::FormatDuration(put.ttl), ": give at least 1ms, or erase the key"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPartition(const Partition& partition, uint32_t partition_count) {
  if (partition.index < partition_count) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("partition.index is ", partition.index, ": it must be below ", partition_count));
}

absl::Status CheckKey(const Key& key) {
  if (!key.collection.empty() && std::all_of(key.collection.begin(), key.collection.end(), absl::ascii_islower)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("key.collection is '", key.collection, "': use one or more letters a to z"));
}

absl::Status CheckMutation(const Mutation& mutation, uint32_t partition_count) {
  if (absl::Status status = CheckPartition(mutation.partition, partition_count); !status.ok()) return status;
  for (const Expect& expect : mutation.expects) {
    if (absl::Status status = CheckKey(expect.key); !status.ok()) return status;
  }
  for (const Put& put : mutation.puts) {
    if (absl::Status status = CheckPut(put); !status.ok()) return status;
  }
  for (const Key& key : mutation.erases) {
    if (absl::Status status = CheckKey(key); !status.ok()) return status;
  }
  for (const Rank& rank : mutation.ranks) {
    if (rank.score && (*rank.score <= -kScoreLimit || *rank.score >= kScoreLimit)) {
      return absl::InvalidArgumentError(
          absl::StrCat("rank.score is ", *rank.score, ": its absolute value must be below 2^53"));
    }
  }
  return absl::OkStatus();
}

bool HasEffect(const Mutation& mutation) {
  return !mutation.puts.empty() || !mutation.erases.empty() || !mutation.adds.empty() || !mutation.ranks.empty() ||
         !mutation.appends.empty() || !mutation.dropped_tables.empty();
}

absl::Status CheckLimit(int32_t limit) {
  if (limit >= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("limit is ", limit, ": it must be at least 1"));
}

absl::Status InvalidCursor() {
  return absl::InvalidArgumentError("cursor is not one that a page ended with: pass next_cursor of the page before");
}

std::string FormatRecord(absl::string_view format, const StoreOptions& options) {
  return absl::StrCat("format=", format, " service=", options.service, " partitions=", options.partitions);
}

absl::Status CompareFormat(absl::string_view recorded, absl::string_view format, const StoreOptions& options,
                           absl::string_view place) {
  const std::map<std::string, std::string> fields = absl::StrSplit(recorded, absl::ByAnyChar(" ="));
  const auto field = [&fields](const char* name) {
    const auto it = fields.find(name);
    return it == fields.end() ? std::string("?") : it->second;
  };
  if (field("format") != format) {
    return absl::FailedPreconditionError(absl::StrCat(place, " has format ", field("format"),
                                                      " but this version reads ", format,
                                                      ": use the version that wrote it, or an empty store"));
  }
  if (field("service") != options.service) {
    return absl::FailedPreconditionError(absl::StrCat(place, " belongs to the service '", field("service"),
                                                      "', not to '", options.service,
                                                      "': give each service a store of its own"));
  }
  if (field("partitions") != absl::StrCat(options.partitions)) {
    return absl::FailedPreconditionError(
        absl::StrCat(place, " was set up with ", field("partitions"), " partitions but ", options.partitions,
                     " are asked for: the number is fixed when data is first written, so start with ",
                     field("partitions"), ", or export the data and import it into an empty store"));
  }
  return absl::OkStatus();
}

}  // namespace rapport::store
