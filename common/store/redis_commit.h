#ifndef RAPPORT_COMMON_STORE_REDIS_COMMIT_H_
#define RAPPORT_COMMON_STORE_REDIS_COMMIT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/store/redis_connection.h"
#include "common/store/store.h"

namespace rapport::store {

// One run of commit.lua for one mutation: what it takes to understand the answer.
struct CommitRun {
  std::vector<const Expect*> expects;   // in the order in which the script counts them
  std::vector<std::string> table_keys;  // as well
};

// Fills `command` with the run, which refers to the bytes of the mutation and of `sha`.
CommitRun BuildCommit(absl::string_view sha, absl::string_view service, const Mutation& mutation, int64_t retention,
                      RedisCommand& command);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_REDIS_COMMIT_H_
