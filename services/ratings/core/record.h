#ifndef RAPPORT_SERVICES_RATINGS_CORE_RECORD_H_
#define RAPPORT_SERVICES_RATINGS_CORE_RECORD_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rollup/dimensions.h"
#include "rapport/ratings/storage/v1/storage.pb.h"
#include "rapport/ratings/v1/ratings.pb.h"

// What events do to a record. The result depends on the set of events alone, not on their order or number, as long as
// no more revisions come than are kept.
namespace rapport::ratings {

// Revisions kept of one rating: the ones that would count first.
inline constexpr int kMostRevisions = 100;

// Adds a revision, with the codes of its values in the roll-up dimensions.
v1::Outcome AddRating(const v1::Rating& rating, const rollup::Codes& codes, absl::Time received_at,
                      storage::v1::RatingRecord& record);

// Adds a survey's status.
v1::Outcome AddSurvey(const v1::Survey& survey, const rollup::Codes& codes, storage::v1::RatingRecord& record);

// Takes out what is of this customer, and marks the record, so that a late repetition of an erased event is known.
// Whether anything was taken out.
bool EraseCustomer(absl::string_view customer_id, storage::v1::RatingRecord& record);

// The revision that counts; null when there is none.
const storage::v1::Revision* Counted(const storage::v1::RatingRecord& record);

// The agent whom the rating is credited to: whom the survey named, else whom the counted revision names.
const std::string& CreditedAgent(const storage::v1::RatingRecord& record);

// The codes that the counted revision is counted under: its own, with the credited agent. Only when there is one.
rollup::Codes CountedCodes(const storage::v1::RatingRecord& record);

// The survey's event of this status; null when there is none.
const storage::v1::SurveyEvent* FindSurvey(const storage::v1::RatingRecord& record, v1::SurveyStatus status);

// A record as bytes for the store, and back. DATA_LOSS when the bytes are no record.
std::string Pack(storage::v1::RatingRecord record);
absl::StatusOr<storage::v1::RatingRecord> Unpack(absl::string_view rating_id, const std::string& bytes);

rollup::Codes CodesOf(const google::protobuf::RepeatedField<uint32_t>& stored);

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_CORE_RECORD_H_
