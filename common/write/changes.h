#ifndef RAPPORT_COMMON_WRITE_CHANGES_H_
#define RAPPORT_COMMON_WRITE_CHANGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "common/store/store.h"

namespace rapport::write {

// What the events of a batch change in one partition beside their entities: gathered while planning, then put into the
// one mutation of that partition. Not thread-safe.
class Changes {
 public:
  // Adds to the counter `field` of `table`. Deltas of one field are summed; a sum of 0 is not written.
  void Add(absl::string_view table, absl::string_view field, int64_t delta);

  // Drops a table, before anything is added to it.
  void Drop(absl::string_view table);

  // Sets the score of a member of an ordered index, or takes it out; the last call for a member holds.
  void Rank(absl::string_view index, absl::string_view member, std::optional<int64_t> score);

  // The batch's one entry in `stream`, to be appended to.
  std::string& StreamEntry(absl::string_view stream);

  // Moves everything gathered into `mutation`.
  void MoveInto(store::Mutation& mutation) &&;

 private:
  using Deltas = absl::flat_hash_map<std::string, int64_t>;

  absl::flat_hash_map<std::string, Deltas> tables_;
  absl::flat_hash_set<std::string> dropped_tables_;
  absl::flat_hash_map<std::pair<std::string, std::string>, std::optional<int64_t>> ranks_;
  absl::flat_hash_map<std::string, std::string> stream_entries_;
};

}  // namespace rapport::write

#endif  // RAPPORT_COMMON_WRITE_CHANGES_H_
