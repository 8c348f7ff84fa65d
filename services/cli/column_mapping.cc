#include "services/cli/column_mapping.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/csv/reader.h"
#include "services/cli/row_conversion.h"

namespace rapport::cli {
namespace {

// Levenshtein distance without regard to letter case.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (absl::ascii_tolower(a[i]) == absl::ascii_tolower(b[j]) ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({replaced, row[j] + 1, row[j + 1] + 1}));
    }
  }
  return row.back();
}

std::string Nearest(absl::string_view name, const std::vector<std::string>& candidates) {
  return *absl::c_min_element(
      candidates, [&](const std::string& a, const std::string& b) { return Distance(name, a) < Distance(name, b); });
}

absl::StatusOr<std::vector<size_t>> FindColumns(absl::string_view name, const std::vector<std::string>& header) {
  std::vector<size_t> columns;
  for (const std::string& each : JoinedColumns(name, header)) {
    const absl::StatusOr<size_t> column = FindColumn("--map", each, header);
    if (!column.ok()) return column.status();
    columns.push_back(*column);
  }
  return columns;
}

std::vector<std::string> Names(absl::Span<const FieldName> known) {
  std::vector<std::string> names;
  for (const FieldName& field : known) {
    names.push_back(absl::StrCat(field.name, absl::EndsWith(field.name, ".") ? "KEY" : ""));
  }
  return names;
}

absl::StatusOr<FieldSource> SourceFor(absl::string_view name, absl::Span<const FieldName> known) {
  FieldSource source;
  if (!CheckText(name).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the field '", absl::CHexEscape(name), "' is not UTF-8; give its name in UTF-8"));
  }
  const auto found = absl::c_find_if(known, [&](const FieldName& field) {
    return absl::EndsWith(field.name, ".") ? absl::StartsWith(name, field.name) && name != field.name
                                           : field.name == name;
  });
  if (found == known.end()) {
    const std::vector<std::string> names = Names(known);
    return absl::InvalidArgumentError(absl::StrCat("there is no field '", name, "'; did you mean '",
                                                   Nearest(name, names),
                                                   "'? The fields are: ", absl::StrJoin(names, ", ")));
  }
  source.field = found->field;
  if (absl::EndsWith(found->name, ".")) source.key = std::string(name.substr(found->name.size()));
  return source;
}

}  // namespace

absl::StatusOr<size_t> FindColumn(absl::string_view flag, absl::string_view name,
                                  const std::vector<std::string>& header) {
  const auto count = absl::c_count(header, name);
  if (count > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("the header has ", count, " columns named '", name, "'; rename all but the one meant"));
  }
  if (count == 0) {
    return absl::InvalidArgumentError(absl::StrCat(flag, ": the header has no column '", name, "'; did you mean '",
                                                   Nearest(name, header),
                                                   "'? Its columns are: ", absl::StrJoin(header, ", ")));
  }
  return static_cast<size_t>(absl::c_find(header, name) - header.begin());
}

std::vector<std::string> JoinedColumns(absl::string_view name, const std::vector<std::string>& header) {
  if (absl::c_linear_search(header, name) || !absl::StrContains(name, '+')) return {std::string(name)};
  return absl::StrSplit(name, '+');
}

std::string FieldSource::Value(const std::vector<std::string>& row) const {
  if (columns.empty()) return constant;
  return absl::StrJoin(columns, "/", [&](std::string* text, size_t column) { text->append(row[column]); });
}

absl::StatusOr<Pairs> ParsePairs(absl::string_view flag, const std::vector<std::string>& values, Divide divide) {
  Pairs pairs;
  for (const std::string& value : values) {
    const absl::StatusOr<std::vector<std::string>> items = csv::SplitLine(value);
    if (!items.ok()) return absl::InvalidArgumentError(absl::StrCat(flag, ": ", items.status().message()));
    for (const std::string& item : *items) {
      const size_t at = divide == Divide::kAtFirst ? item.find('=') : item.rfind('=');
      if (at == std::string::npos || at == 0) {
        return absl::InvalidArgumentError(absl::StrCat(flag, ": '", item, "' is not of the form NAME=VALUE"));
      }
      pairs.emplace_back(item.substr(0, at), item.substr(at + 1));
    }
  }
  return pairs;
}

absl::StatusOr<std::vector<FieldSource>> ResolveMapping(const Pairs& columns, const Pairs& constants,
                                                        absl::Span<const FieldName> known,
                                                        const std::vector<std::string>& header) {
  std::vector<FieldSource> sources;
  std::set<std::string> given;
  const auto add = [&](const std::string& name) -> absl::StatusOr<FieldSource*> {
    absl::StatusOr<FieldSource> source = SourceFor(name, known);
    if (!source.ok()) return source.status();
    if (!given.insert(name).second)
      return absl::InvalidArgumentError(absl::StrCat("field '", name, "' is given twice"));
    sources.push_back(*std::move(source));
    return &sources.back();
  };
  for (const auto& [name, column] : columns) {
    const absl::StatusOr<FieldSource*> source = add(name);
    if (!source.ok()) return source.status();
    absl::StatusOr<std::vector<size_t>> found = FindColumns(column, header);
    if (!found.ok()) return found.status();
    (*source)->columns = *std::move(found);
  }
  for (const auto& [name, value] : constants) {
    const absl::StatusOr<FieldSource*> source = add(name);
    if (!source.ok()) return source.status();
    (*source)->constant = value;
  }
  for (const FieldName& field : known) {
    if (field.required && !given.contains(std::string(field.name))) {
      return absl::InvalidArgumentError(absl::StrCat("field '", field.name, "' is missing; add it: --map=", field.name,
                                                     "=COLUMN. The columns are: ", absl::StrJoin(header, ", ")));
    }
  }
  return sources;
}

}  // namespace rapport::cli
