#ifndef RAPPORT_COMMON_ROLLUP_DICTIONARY_H_
#define RAPPORT_COMMON_ROLLUP_DICTIONARY_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/rollup/dimensions.h"
#include "common/store/store.h"

namespace rapport::rollup {

struct DictionaryOptions {
  // Dimensions that are rolled up; events have no value in the others.
  std::vector<common::v1::Dimension> dimensions;
  // Distinct values of each dimension; further ones are counted as `__other__`.
  int max_values = 1000;
};

// Translates values of dimensions to the codes that they are counted under, per tenant. Dictionaries live in the store,
// so that all replicas agree; codes never change, so that what is cached stays true. Thread-safe; blocks on the store
// when it meets a value for the first time.
class Dictionary {
 public:
  Dictionary(store::Store& store, DictionaryOptions options);

  // The codes of an event's values; new values get one. Empty values and dimensions that are not rolled up have
  // kNoValue. Errors of the store.
  absl::StatusOr<Codes> Encode(absl::string_view tenant, const Values& values);

  // The code that events with this value are counted under: kNoValue for an empty one, nothing for one that has no code
  // of its own (it was never seen, or only past the bound, where it is one of many under `__other__`).
  absl::StatusOr<std::optional<Code>> Find(absl::string_view tenant, common::v1::Dimension dimension,
                                           absl::string_view value);

  // The value of every code of a dimension, by code; codes below kFirstValue stand for "" and `__other__`.
  absl::StatusOr<std::vector<std::string>> Names(absl::string_view tenant, common::v1::Dimension dimension);

  bool IsRolledUp(common::v1::Dimension dimension) const { return rolled_up_[IndexOf(dimension)]; }

 private:
  using CodeByValue = absl::flat_hash_map<std::string, Code>;
  using Tenant = std::array<CodeByValue, kDimensionCount>;
  struct Stored {
    std::vector<std::string> values;
    uint64_t version = 0;
  };

  std::optional<Code> FindCached(absl::string_view tenant, int dimension, absl::string_view value);
  bool IsFull(absl::string_view tenant, int dimension);
  absl::StatusOr<Code> AddValue(absl::string_view tenant, int dimension, absl::string_view value);
  // Reads one dictionary, also into the cache.
  absl::StatusOr<Stored> Refresh(absl::string_view tenant, int dimension);

  store::Store& store_;
  const DictionaryOptions options_;
  std::array<bool, kDimensionCount> rolled_up_{};
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<Tenant>> tenants_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace rapport::rollup

#endif  // RAPPORT_COMMON_ROLLUP_DICTIONARY_H_
