#ifndef RAPPORT_TESTS_RESPONSE_TIMES_FIGURES_STORED_WORLD_H_
#define RAPPORT_TESTS_RESPONSE_TIMES_FIGURES_STORED_WORLD_H_

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/rollup/dictionary.h"
#include "common/store/store.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "services/response_times/core/policies.h"
#include "services/response_times/service/reader.h"
#include "tests/support/temp_dir.h"

// What is counted of generated conversations, in a store, for tests that compare queries with the same figures made
// from the conversations one by one.
namespace rapport::response_times {

inline constexpr char kTenant[] = "t";
inline constexpr int kAgentCount = 4;

// The range that everything generated starts in, with room around; months and clock changes of Berlin lie in it.
inline const absl::Time kBegin = absl::FromCivil(absl::CivilDay(2026, 2, 20), absl::UTCTimeZone());
inline const absl::Time kEnd = absl::FromCivil(absl::CivilDay(2026, 4, 10), absl::UTCTimeZone());
inline const absl::Time kNow = absl::FromCivil(absl::CivilDay(2026, 4, 12), absl::UTCTimeZone());

class StoredWorld {
 public:
  explicit StoredWorld(int conversations);

  Reader& reader() { return *reader_; }
  rollup::Dictionary& dictionary() { return *dictionary_; }
  const Policies& policies() const { return *policies_; }
  // By conversation id.
  const std::map<std::string, storage::v1::Analysis>& analyses() const { return analyses_; }

  // The names behind codes: an agent, or empty for none.
  std::string AgentOf(const google::protobuf::RepeatedField<uint32_t>& codes) const;
  std::string TeamOf(const google::protobuf::RepeatedField<uint32_t>& codes) const;

 private:
  storage::v1::Analysis Generate(int number);
  void AddStretches(storage::v1::Analysis& analysis);
  void AddPromises(storage::v1::Analysis& analysis);
  void SetRandomCodes(google::protobuf::RepeatedField<uint32_t>& codes);
  void Commit();

  int64_t Whole(int64_t from, int64_t to) { return std::uniform_int_distribution<int64_t>(from, to)(random_); }
  int64_t Moment();
  int64_t Duration();

  const test_support::TempDir dir_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<rollup::Dictionary> dictionary_;
  std::unique_ptr<Reader> reader_;
  std::shared_ptr<const Policies> policies_;
  std::map<std::string, storage::v1::Analysis> analyses_;
  std::mt19937_64 random_{20260220};
};

}  // namespace rapport::response_times

#endif  // RAPPORT_TESTS_RESPONSE_TIMES_FIGURES_STORED_WORLD_H_
