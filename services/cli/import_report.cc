#include "services/cli/import_report.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "services/cli/json.h"
#include "services/cli/text.h"

namespace rapport::cli {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

constexpr size_t kMaxReasons = 50;
constexpr size_t kLinesShown = 5;
// The outcomes that services tell.
constexpr absl::string_view kOutcomes[] = {"CREATED", "REPLACED", "SUPERSEDED", "DUPLICATE", "ERASED"};

// Numbers and quoted values become one sign, so that "score '4.5' ..." and "score '3.5' ..." are one reason.
std::string WithoutValues(absl::string_view reason) {
  std::string key;
  for (size_t i = 0; i < reason.size(); ++i) {
    const char c = reason[i];
    const size_t close = c == '\'' || c == '"' ? reason.find(c, i + 1) : absl::string_view::npos;
    if (close != absl::string_view::npos) {
      key += '#';
      i = close;
    } else if (!absl::ascii_isdigit(c)) {
      key += c;
    } else if (key.empty() || key.back() != '#') {
      key += '#';
    }
  }
  return key;
}

}  // namespace

void ImportReport::CountRejected(int64_t line, absl::string_view reason) {
  ++rejected_;
  std::string key = WithoutValues(reason);
  if (reasons_.size() >= kMaxReasons && !reasons_.contains(key)) {
    key = "other";
    reason = "other reasons; --rejects=FILE lists them all";
  }
  Reason& group = reasons_[key];
  if (group.count++ == 0) group.example = std::string(reason);
  if (group.first_lines.size() < kLinesShown) group.first_lines.push_back(line);
  // Refusals by the service come after those found while reading ahead.
  absl::c_sort(group.first_lines);
}

int64_t ImportReport::Count(absl::string_view outcome) const {
  const auto found = outcomes_.find(outcome);
  return found == outcomes_.end() ? 0 : found->second;
}

std::string ImportReport::ToText() const {
  std::string text;
  const auto line = [&](absl::string_view name, int64_t count) {
    absl::StrAppend(&text, PadRight(name, 12), PadLeft(Grouped(count), 14), "\n");
  };
  line("read", read_);
  for (const absl::string_view outcome : kOutcomes) {
    if (outcome != "ERASED" || Count(outcome) > 0) line(absl::AsciiStrToLower(outcome), Count(outcome));
  }
  line(words_.skipped, skipped_);
  line("rejected", rejected_);
  if (!words_.implied.empty()) line(words_.implied, implied_);
  std::vector<const Reason*> reasons;
  for (const auto& [key, reason] : reasons_) reasons.push_back(&reason);
  absl::c_stable_sort(reasons, [](const Reason* a, const Reason* b) { return a->count > b->count; });
  for (const Reason* reason : reasons) {
    absl::StrAppend(&text, PadLeft(Grouped(reason->count), 10), "  ", Printable(reason->example), " (",
                    reason->first_lines.size() == 1 ? "line " : "lines ", absl::StrJoin(reason->first_lines, ", "),
                    reason->count > static_cast<int64_t>(reason->first_lines.size()) ? ", ..." : "", ")\n");
  }
  return text;
}

std::string ImportReport::ToJson() const {
  Struct report;
  auto& fields = *report.mutable_fields();
  const auto number = [](int64_t count) {
    Value value;
    value.set_number_value(static_cast<double>(count));
    return value;
  };
  fields["read"] = number(read_);
  for (const absl::string_view outcome : kOutcomes) fields[absl::AsciiStrToLower(outcome)] = number(Count(outcome));
  fields[absl::StrReplaceAll(words_.skipped, {{" ", "_"}})] = number(skipped_);
  fields["rejected"] = number(rejected_);
  if (!words_.implied.empty()) fields[words_.implied] = number(implied_);
  auto& reasons = *fields["reasons"].mutable_list_value();
  for (const auto& [key, reason] : reasons_) {
    auto& entry = *reasons.add_values()->mutable_struct_value()->mutable_fields();
    entry["reason"].set_string_value(reason.example);
    entry["count"] = number(reason.count);
    auto& lines = *entry["first_lines"].mutable_list_value();
    for (const int64_t line : reason.first_lines) *lines.add_values() = number(line);
  }
  return JsonLine(report);
}

}  // namespace rapport::cli
