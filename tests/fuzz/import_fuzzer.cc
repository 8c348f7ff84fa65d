// Files to import, from rows to messages. Lines up to an empty one are flags:
//   kind ratings           or surveys, events, activities
//   format jsonl           else csv
//   map rating_id=ID       set, words, ignore, zone, time likewise
// Whatever a row says, the message that it becomes can be sent.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/cli/activity_rows.h"
#include "services/cli/column_mapping.h"
#include "services/cli/event_rows.h"
#include "services/cli/import_report.h"
#include "services/cli/rating_rows.h"
#include "services/cli/row_reader.h"
#include "tests/fuzz/fail.h"

namespace rapport::fuzz {
namespace {

struct Flags {
  std::string kind;
  std::string format;
  std::vector<std::string> map;
  std::vector<std::string> set;
  std::vector<std::string> words;
  std::vector<std::string> ignored;
  std::string zone = "UTC";
  std::string time_format;
};

Flags ReadFlags(absl::string_view text) {
  Flags flags;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<std::string, std::string> flag = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    if (flag.first == "kind") flags.kind = flag.second;
    if (flag.first == "format") flags.format = flag.second;
    if (flag.first == "map") flags.map.push_back(flag.second);
    if (flag.first == "set") flags.set.push_back(flag.second);
    if (flag.first == "words") flags.words.push_back(flag.second);
    if (flag.first == "ignore") flags.ignored.push_back(flag.second);
    if (flag.first == "zone") flags.zone = flag.second;
    if (flag.first == "time") flags.time_format = flag.second;
  }
  return flags;
}

// What of flags everything is made of; nothing when they are refused.
struct Rules {
  cli::Pairs columns;
  cli::Pairs constants;
  cli::Words words;
  std::optional<cli::TimeParser> times;
};

std::optional<Rules> MakeRules(const Flags& flags) {
  const auto columns = cli::ParsePairs("--map", flags.map);
  const auto constants = cli::ParsePairs("--set", flags.set);
  const auto words = cli::ParsePairs("--words", flags.words, cli::Divide::kAtLast);
  const auto zone = cli::LoadZone(flags.zone);
  for (const absl::Status& status : {columns.status(), constants.status(), words.status(), zone.status()}) {
    if (status.ok()) continue;
    RequireClear(status, "a flag");
    return std::nullopt;
  }
  return Rules{*columns, *constants, cli::ValueMap(*words), cli::TimeParser(flags.time_format, *zone)};
}

void RequireSendable(const google::protobuf::Message& message) {
  const std::unique_ptr<google::protobuf::Message> received(message.New());
  Require(received->ParseFromString(message.SerializeAsString()), "a message that no server can read");
}

// Reads the whole file with `convert`, as an import does.
template <typename Convert>
void Import(const Flags& flags, const Rules& rules, absl::Span<const cli::FieldName> fields, const std::string& file,
            const Convert& convert) {
  std::istringstream in(file);
  std::vector<std::string> names;
  for (const auto& [field, column] : rules.columns) names.push_back(column);
  const std::unique_ptr<cli::RowReader> reader =
      flags.format == "jsonl" ? cli::MakeJsonRows(in, names) : cli::MakeCsvRows(in, ',');
  cli::ImportReport report({.skipped = "skipped"});
  std::vector<cli::FieldSource> sources;
  size_t columns = 0;
  for (bool header = true;; header = false) {
    const absl::StatusOr<std::optional<csv::Row>> row = reader->Next();
    if (!row.ok()) return RequireClear(row.status(), "a file");
    if (!row->has_value()) break;
    if (header) {
      if (!(*row)->error.empty()) return;
      columns = (*row)->fields.size();
      auto resolved = cli::ResolveMapping(rules.columns, rules.constants, fields, (*row)->fields);
      if (!resolved.ok()) return RequireClear(resolved.status(), "the mapping");
      sources = *std::move(resolved);
      continue;
    }
    report.CountRead();
    if (!(*row)->error.empty() || (*row)->fields.size() != columns) continue;
    const auto events = convert(sources, (*row)->fields);
    if (!events.ok()) {
      RequireClear(events.status(), "a row");
      report.CountRejected((*row)->line, events.status().message());
      continue;
    }
    if (events->event) RequireSendable(*events->event);
    if (events->implied) RequireSendable(*events->implied);
  }
  Require(!report.ToText().empty() && !report.ToJson().empty(), "a report says something");
}

template <typename RatingsRules>
RatingsRules WithScale(const Rules& rules) {
  RatingsRules made;
  made.time_parser = *rules.times;
  made.channels = rules.words;
  made.scores = rules.words;
  made.statuses = rules.words;
  made.scale = ratings::v1::SCALE_CSAT_5;
  return made;
}

void ImportEvents(const Flags& flags, const Rules& rules, const std::string& file) {
  auto mapping = cli::MakeEventMapping(rules.words, flags.ignored);
  if (!mapping.ok()) return RequireClear(mapping.status(), "the events");
  cli::EventRules made;
  made.time_parser = *rules.times;
  made.events = *std::move(mapping);
  made.blanks = flags.ignored;
  for (const auto& [field, column] : rules.columns) made.imply_openings |= field == "opened_at";
  cli::EventReader reader(std::move(made));
  Import(flags, rules, cli::kEventFields, file,
         [&](const auto& sources, const auto& row) { return reader.Read(sources, row); });
}

void ImportActivities(const Flags& flags, const Rules& rules, const std::string& file) {
  auto mapping = cli::MakeKindMapping(rules.words);
  if (!mapping.ok()) return RequireClear(mapping.status(), "the kinds");
  cli::ActivityRules made;
  made.time_parser = *rules.times;
  made.kinds = *std::move(mapping);
  made.blanks = flags.ignored;
  made.revenue_months = flags.ignored.empty() ? 1 : 12;
  Import(flags, rules, cli::kActivityFields, file,
         [&](const auto& sources, const auto& row) { return cli::ToActivity(made, sources, row); });
}

void Test(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits("\n\n", 1));
  const Flags flags = ReadFlags(parts.first);
  const std::optional<Rules> rules = MakeRules(flags);
  if (!rules) return;
  const std::string file(parts.second);
  if (flags.kind == "ratings") {
    const auto made = WithScale<cli::RatingRules>(*rules);
    Import(flags, *rules, cli::kRatingFields, file,
           [&](const auto& sources, const auto& row) { return cli::ToRating(made, sources, row); });
  } else if (flags.kind == "surveys") {
    const auto made = WithScale<cli::RatingRules>(*rules);
    Import(flags, *rules, cli::kSurveyFields, file,
           [&](const auto& sources, const auto& row) { return cli::ToSurvey(made, sources, row); });
  } else if (flags.kind == "events") {
    ImportEvents(flags, *rules, file);
  } else {
    ImportActivities(flags, *rules, file);
  }
}

}  // namespace
}  // namespace rapport::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rapport::fuzz::Test({reinterpret_cast<const char*>(data), size});
  return 0;
}
