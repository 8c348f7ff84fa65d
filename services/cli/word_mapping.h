#ifndef RAPPORT_SERVICES_CLI_WORD_MAPPING_H_
#define RAPPORT_SERVICES_CLI_WORD_MAPPING_H_

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "services/cli/row_conversion.h"

namespace rapport::cli {

// A source's words for what happened, and the kinds that they mean.
template <class Kind>
class WordMapping {
 public:
  // Reads one of our words; the error names `what`.
  using Parse = std::function<absl::StatusOr<Kind>(absl::string_view what, absl::string_view word)>;

  // `words` are pairs such as New=CUSTOMER_MESSAGE, Closed=- (ignored) and *=AGENT_MESSAGE (any other word), given with
  // the flag `flag`; `ignored` are more words to ignore. Without any, the words are ours.
  static absl::StatusOr<WordMapping> Make(absl::string_view flag, const Words& words,
                                          const std::vector<std::string>& ignored, Parse parse) {
    WordMapping mapping;
    for (const auto& [theirs, ours] : words) {
      std::optional<Kind> kind;
      if (ours != "-") {
        absl::StatusOr<Kind> parsed = parse(flag, ours);
        if (!parsed.ok()) return parsed.status();
        kind = *std::move(parsed);
      }
      if (theirs == "*") {
        mapping.other_ = std::move(kind);
      } else {
        mapping.kinds_[theirs] = std::move(kind);
      }
    }
    for (const std::string& word : ignored) mapping.kinds_[absl::AsciiStrToLower(word)] = std::nullopt;
    mapping.flag_ = std::string(flag);
    mapping.parse_ = std::move(parse);
    return mapping;
  }

  // The kind that `text`, the value of the field `what`, means; nothing when it is to be ignored. The error lists the
  // words known.
  absl::StatusOr<std::optional<Kind>> Find(absl::string_view what, absl::string_view text) const {
    const auto found = kinds_.find(absl::AsciiStrToLower(absl::StripAsciiWhitespace(text)));
    if (found != kinds_.end()) return found->second;
    if (other_.has_value()) return *other_;
    const bool any_word =
        std::any_of(kinds_.begin(), kinds_.end(), [](const auto& kind) { return kind.second.has_value(); });
    if (!any_word) {
      absl::StatusOr<Kind> ours = parse_(what, text);
      if (!ours.ok()) return ours.status();
      return std::optional<Kind>(*std::move(ours));
    }
    return absl::InvalidArgumentError(absl::StrCat(
        what, " '", text, "' is not one of those that ", flag_,
        " knows: ", absl::StrJoin(kinds_, ", ", [](std::string* list, const auto& kind) { list->append(kind.first); }),
        "; add it there, with - to ignore it, or *=... for any other"));
  }

 private:
  std::map<std::string, std::optional<Kind>> kinds_;
  // The kind of any other word.
  std::optional<std::optional<Kind>> other_;
  std::string flag_;
  Parse parse_;
};

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_WORD_MAPPING_H_
