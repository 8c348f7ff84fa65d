#include "services/churn/service/shared_record.h"

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/request/stable_bytes.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/core/record.h"
#include "services/churn/service/reader.h"
#include "services/churn/service/row_tables.h"

namespace rapport::churn {
namespace {

bool Counts(const v1::Activity* activity) {
  return activity != nullptr && !activity->deleted();
}

bool IsOfLife(const v1::Activity* activity) {
  return Counts(activity) && !IsKeptByDay(KindOf(*activity));
}

}  // namespace

absl::StatusOr<SharedRecord*> SharedRecord::In(absl::string_view customer_id, write::EntityState& state) {
  if (state.shared == nullptr) {
    absl::StatusOr<storage::v1::CustomerRecord> record = UnpackRecord(customer_id, state.value);
    if (!record.ok()) return record.status();
    state.shared = absl::WrapUnique(new SharedRecord(customer_id, *std::move(record)));
  }
  return static_cast<SharedRecord*>(state.shared.get());
}

absl::Status SharedRecord::Replace(const v1::Activity* known, const v1::Activity& activity) {
  if (Counts(known)) TakeBackActivity(*known, record_);
  if (Counts(&activity)) {
    absl::Status room = CheckRoom(activity, record_);
    if (!room.ok()) {
      if (Counts(known)) AddActivity(*known, record_);
      return room;
    }
    AddActivity(activity, record_);
  }
  life_changed_ = life_changed_ || IsOfLife(known) || IsOfLife(&activity);
  return absl::OkStatus();
}

std::string SharedRecord::Pack(write::Changes& changes) {
  std::string row;
  if (!IsEmpty(record_)) {
    const bool is_as_counted = !life_changed_ && !record_.counted_row().empty();
    row = is_as_counted ? record_.counted_row() : StableBytes(RowOf(customer_id_, record_));
  }
  CountRow(customer_id_, record_.counted_row(), row, changes);
  record_.set_counted_row(std::move(row));
  return StableBytes(record_);
}

void CountRow(absl::string_view customer_id, absl::string_view before, absl::string_view after,
              write::Changes& changes) {
  if (before == after) return;
  const uint32_t piece = RowPieceOf(customer_id);
  if (!before.empty()) changes.Add(RowTable(piece), before, -1);
  if (!after.empty()) changes.Add(RowTable(piece), after, 1);
  changes.Add(kRowVersions, absl::StrCat(piece), 1);
}

}  // namespace rapport::churn
