#ifndef RAPPORT_COMMON_STORE_VALIDATE_H_
#define RAPPORT_COMMON_STORE_VALIDATE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/store/open_store.h"
#include "common/store/store.h"

// What every engine refuses, in the same words: misuse with INVALID_ARGUMENT, data of another kind with
// FAILED_PRECONDITION.
namespace rapport::store {

absl::Status CheckPartition(const Partition& partition, uint32_t partition_count);
absl::Status CheckKey(const Key& key);
absl::Status CheckMutation(const Mutation& mutation, uint32_t partition_count);
// Whether it changes anything, or only checks expectations.
bool HasEffect(const Mutation& mutation);
absl::Status CheckLimit(int32_t limit);
absl::Status InvalidCursor();

// What a store records of itself when it is first opened, and the comparison with what a later opening asks for.
// `format` is the engine's own, `place` names the store in errors.
std::string FormatRecord(absl::string_view format, const StoreOptions& options);
absl::Status CompareFormat(absl::string_view recorded, absl::string_view format, const StoreOptions& options,
                           absl::string_view place);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_VALIDATE_H_
