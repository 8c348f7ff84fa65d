#include "services/churn/core/search_filter.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

namespace rapport::churn {
namespace {

enum class ValueType { kText, kFlag, kNumber, kMoment, kBand, kTopic };

struct FieldInfo {
  absl::string_view name;
  FilterField field;
  ValueType type;
  bool in_grouping = false;
};

constexpr FieldInfo kFields[] = {
    {"customer_id", FilterField::kCustomerId, ValueType::kText},
    {"active", FilterField::kActive, ValueType::kFlag},
    {"plan", FilterField::kPlan, ValueType::kText, true},
    {"owner", FilterField::kOwner, ValueType::kText, true},
    {"band", FilterField::kBand, ValueType::kBand},
    {"probability", FilterField::kProbability, ValueType::kNumber},
    {"health", FilterField::kHealth, ValueType::kNumber},
    {"revenue", FilterField::kRevenue, ValueType::kNumber},
    {"currency", FilterField::kCurrency, ValueType::kText, true},
    {"tenure_days", FilterField::kTenureDays, ValueType::kNumber},
    {"last_active", FilterField::kLastActive, ValueType::kMoment},
    {"signed_up", FilterField::kSignedUp, ValueType::kMoment},
    {"converted", FilterField::kConverted, ValueType::kMoment},
    {"lost", FilterField::kLost, ValueType::kMoment},
    {"attribute", FilterField::kAttribute, ValueType::kText, true},
    {"interest", FilterField::kInterest, ValueType::kTopic},
    {"concern", FilterField::kConcern, ValueType::kTopic},
};

struct ComparatorInfo {
  absl::string_view text;
  Comparator comparator;
};

// The longer ones first, of which others are the begin.
constexpr ComparatorInfo kComparators[] = {
    {"!=", Comparator::kNotEqual}, {"<=", Comparator::kAtMost}, {">=", Comparator::kAtLeast}, {"=", Comparator::kEqual},
    {"<", Comparator::kLess},      {">", Comparator::kGreater}, {":", Comparator::kHas},
};

constexpr absl::string_view kTermExpected = "a comparison such as plan = pro, a value, NOT, \"-\" or \"(\"";
constexpr absl::string_view kWithin = "within";

absl::string_view FieldNames(FilterScope scope) {
  return scope == FilterScope::kGrouping ? "plan, owner, currency or attribute.KEY"
                                         : "customer_id, active, plan, owner, band, probability, health, revenue, "
                                           "currency, tenure_days, last_active, signed_up, converted, lost, "
                                           "attribute.KEY, interest or concern";
}

const FieldInfo* FindField(absl::string_view name) {
  const auto* found =
      std::find_if(std::begin(kFields), std::end(kFields), [name](const FieldInfo& each) { return each.name == name; });
  return found == std::end(kFields) ? nullptr : found;
}

bool IsKeyword(absl::string_view word) {
  return word == "AND" || word == "OR" || word == "NOT";
}

bool IsControl(char c) {
  return absl::ascii_iscntrl(static_cast<unsigned char>(c)) && !absl::ascii_isspace(static_cast<unsigned char>(c));
}

// A word or quoted text with where it begins.
struct Word {
  size_t position = 0;
  std::string text;     // of a quoted one without quotes; escapes are kept
  bool quoted = false;  // never a keyword or a field
};

TextPattern PatternOf(const Word& word) {
  TextPattern pattern;
  for (size_t i = 0; i < word.text.size(); ++i) {
    char c = word.text[i];
    if (c == '*') {
      pattern.parts.emplace_back();
      continue;
    }
    if (word.quoted && c == '\\') c = word.text[++i];  // the reader saw to it that something follows
    pattern.parts.back() += c;
  }
  return pattern;
}

std::optional<int64_t> ParseAge(absl::string_view text) {
  constexpr double kMostDays = 36'525;
  constexpr std::pair<char, double> kUnitSeconds[] = {{'s', 1}, {'m', 60}, {'h', 3'600}, {'d', 86'400}, {'w', 604'800}};
  if (text.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(text.front()))) return std::nullopt;
  for (const auto& [unit, seconds] : kUnitSeconds) {
    double count = 0;
    if (text.back() != unit || !absl::SimpleAtod(text.substr(0, text.size() - 1), &count)) continue;
    if (!(count * seconds <= kMostDays * 86'400)) return std::nullopt;
    return static_cast<int64_t>(std::llround(count * seconds * 1'000));
  }
  return std::nullopt;
}

std::optional<int64_t> ParseMoment(absl::string_view text) {
  absl::Time moment;
  if (!absl::ParseTime(absl::RFC3339_full, text, &moment, nullptr) &&
      !absl::ParseTime("%Y-%m-%d", text, &moment, nullptr)) {
    return std::nullopt;
  }
  if (moment == absl::InfiniteFuture() || moment == absl::InfinitePast()) return std::nullopt;
  return absl::ToUnixMillis(moment);
}

std::optional<v1::HealthBand> ParseBand(absl::string_view text) {
  if (text == "UNKNOWN") return v1::HEALTH_BAND_UNSPECIFIED;
  if (text == "RED") return v1::HEALTH_BAND_RED;
  if (text == "YELLOW") return v1::HEALTH_BAND_YELLOW;
  if (text == "GREEN") return v1::HEALTH_BAND_GREEN;
  return std::nullopt;
}

FilterNode TestNode(FilterTest test) {
  FilterNode node;
  node.kind = FilterNode::Kind::kTest;
  node.test = std::move(test);
  return node;
}

// One child stands for itself.
FilterNode Combine(FilterNode::Kind kind, std::vector<FilterNode> children) {
  if (children.size() == 1) return std::move(children.front());
  FilterNode node;
  node.kind = kind;
  node.children = std::move(children);
  return node;
}

// Recursive descent over
//
//   expression = factor { ["AND"] factor }
//   factor     = term { "OR" term }
//   term       = ["NOT" | "-"] ( "(" expression ")" | restriction )
//
// which is AIP-160's grammar: its sequences, too, match when all of their factors do.
class Parser {
 public:
  Parser(absl::string_view text, FilterScope scope, absl::string_view field)
      : text_(text), scope_(scope), field_(field) {}

  absl::StatusOr<FilterNode> Parse() {
    SkipSpace();
    if (AtEnd()) return FilterNode();
    absl::StatusOr<FilterNode> node = Expression(0);
    if (node.ok() && !AtEnd()) return Unexpected("AND, OR or the end");
    return node;
  }

 private:
  absl::StatusOr<FilterNode> Expression(int depth) {
    std::vector<FilterNode> factors;
    do {
      absl::StatusOr<FilterNode> factor = Factor(depth);
      if (!factor.ok()) return factor;
      factors.push_back(*std::move(factor));
    } while (TakeKeyword("AND") || (!AtEnd() && text_[at_] != ')'));
    return Combine(FilterNode::Kind::kAll, std::move(factors));
  }

  absl::StatusOr<FilterNode> Factor(int depth) {
    std::vector<FilterNode> terms;
    do {
      absl::StatusOr<FilterNode> term = Term(depth);
      if (!term.ok()) return term;
      terms.push_back(*std::move(term));
    } while (TakeKeyword("OR"));
    return Combine(FilterNode::Kind::kAny, std::move(terms));
  }

  absl::StatusOr<FilterNode> Term(int depth) {
    const bool negated = TakeKeyword("NOT") || Take('-');
    absl::StatusOr<FilterNode> simple = Take('(') ? Composite(depth) : Restriction();
    if (!simple.ok() || !negated) return simple;
    FilterNode node;
    node.kind = FilterNode::Kind::kNot;
    node.children.push_back(*std::move(simple));
    return node;
  }

  // Behind the opening parenthesis.
  absl::StatusOr<FilterNode> Composite(int depth) {
    if (depth == kMostFilterDepth) {
      return Wrong(at_, absl::StrCat("parentheses are deeper than ", kMostFilterDepth), "use fewer");
    }
    absl::StatusOr<FilterNode> inner = Expression(depth + 1);
    if (inner.ok() && !Take(')')) return Unexpected("AND, OR or \")\"");
    return inner;
  }

  absl::StatusOr<FilterNode> Restriction() {
    const absl::StatusOr<Word> word = ReadWord(kTermExpected, false);
    if (!word.ok()) return word.status();
    if (!word->quoted && IsKeyword(word->text)) return Met(word->position, word->text, kTermExpected);
    const size_t comparator_at = at_;
    const std::optional<Comparator> comparator = word->quoted ? std::nullopt : TakeComparator();
    if (!comparator) return Literal(*word);
    FilterTest test;
    test.comparator = *comparator;
    const absl::StatusOr<const FieldInfo*> info = ReadField(*word, test);
    if (!info.ok()) return info.status();
    const absl::Status valued = ReadValue(**info, comparator_at, test);
    if (!valued.ok()) return valued;
    return TestNode(std::move(test));
  }

  absl::StatusOr<FilterNode> Literal(const Word& word) {
    if (!word.quoted) {
      if (!AtEnd() && text_[at_] == '(') return Unexpected("AND or OR; there are no functions");
      if (!AtEnd() && text_[at_] == '!') return Unexpected("=, !=, <, <=, >, >= or \":\"");
      if (word.text == kWithin) {
        return Met(word.position, word.text,
                   "it behind interest:TOPIC or concern:TOPIC alone; quote it to mean the text");
      }
      if (FindField(word.text) != nullptr || absl::StartsWith(word.text, "attribute.")) {
        return Met(word.position, word.text,
                   absl::StrCat("a comparison of it, such as ", word.text, ":*; quote it to mean the text"));
      }
    }
    if (scope_ == FilterScope::kGrouping) {
      return Met(word.position, word.text, absl::StrCat("a comparison of ", FieldNames(scope_)));
    }
    FilterTest test;
    test.value = PatternOf(word);
    return TestNode(std::move(test));
  }

  // The field that a word names; sets it and its key.
  absl::StatusOr<const FieldInfo*> ReadField(const Word& word, FilterTest& test) const {
    absl::string_view name = word.text;
    const bool is_attribute = absl::ConsumePrefix(&name, "attribute.");
    const FieldInfo* info = FindField(is_attribute ? "attribute" : name);
    if (info == nullptr || is_attribute != (info->field == FilterField::kAttribute) ||
        (scope_ == FilterScope::kGrouping && !info->in_grouping)) {
      return Met(word.position, word.text, FieldNames(scope_));
    }
    if (is_attribute && !IsAttributeKey(name)) {
      return Met(word.position, word.text, "attribute.KEY with a key of 1 to 64 bytes of [a-z0-9_]");
    }
    test.field = info->field;
    if (is_attribute) test.key = std::string(name);
    return info;
  }

  absl::Status ReadValue(const FieldInfo& info, size_t comparator_at, FilterTest& test) {
    const bool orders = test.comparator != Comparator::kEqual && test.comparator != Comparator::kNotEqual &&
                        test.comparator != Comparator::kHas;
    if (orders && info.type != ValueType::kNumber && info.type != ValueType::kMoment) {
      return Met(comparator_at, text_.substr(comparator_at, 1),
                 absl::StrCat("=, != or \":\", as ", info.name, " has no order"));
    }
    if (info.type == ValueType::kTopic && test.comparator != Comparator::kHas) {
      return Met(comparator_at, text_.substr(comparator_at, 1),
                 absl::StrCat("\":\", as ", info.name, " is a list: ", info.name, ":TOPIC"));
    }
    const absl::StatusOr<Word> word = ReadWord("a value", true);
    if (!word.ok()) return word.status();
    if (!word->quoted && IsKeyword(word->text)) {
      return Met(word->position, word->text, "a value; quote it to mean the text");
    }
    if (test.comparator == Comparator::kHas && word->text == "*") {
      test.value = Presence();
    } else {
      absl::Status converted = Convert(info, *word, test);
      if (!converted.ok()) return converted;
    }
    return info.type == ValueType::kTopic ? ReadWithin(test) : absl::OkStatus();
  }

  // The value of a word, as its field has it.
  absl::Status Convert(const FieldInfo& info, const Word& word, FilterTest& test) const {
    switch (info.type) {
      case ValueType::kText:
      case ValueType::kTopic:
        test.value = PatternOf(word);
        return absl::OkStatus();
      case ValueType::kFlag:
        if (word.text != "true" && word.text != "false") return Met(word.position, word.text, "true or false");
        test.value = word.text == "true";
        return absl::OkStatus();
      case ValueType::kNumber: {
        double number = 0;
        if (!absl::SimpleAtod(word.text, &number) || !std::isfinite(number)) {
          return Met(word.position, word.text, "a number");
        }
        test.value = number;
        return absl::OkStatus();
      }
      case ValueType::kBand: {
        const auto band = ParseBand(word.text);
        if (!band) return Met(word.position, word.text, "RED, YELLOW, GREEN or UNKNOWN");
        test.value = *band;
        return absl::OkStatus();
      }
      case ValueType::kMoment:
        break;
    }
    if (const auto age = ParseAge(word.text)) {
      test.value = Age{*age};
    } else if (const auto moment = ParseMoment(word.text)) {
      test.value = PointInTime{*moment};
    } else {
      return Met(word.position, word.text, "a moment such as 2026-01-31T00:00:00Z, or an age such as 30d");
    }
    return absl::OkStatus();
  }

  absl::Status ReadWithin(FilterTest& test) {
    if (!TakeKeyword(kWithin)) return absl::OkStatus();
    constexpr absl::string_view kExpected = "an age such as 30d, in s, m, h, d or w";
    const absl::StatusOr<Word> word = ReadWord(kExpected, true);
    if (!word.ok()) return word.status();
    test.within_ms = ParseAge(word->text);
    if (!test.within_ms) return Met(word->position, word->text, kExpected);
    return absl::OkStatus();
  }

  // --- Words

  static bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

  // Values may hold colons, as moments do; fields end at them.
  static bool EndsWord(char c, bool is_value) {
    return IsSpace(c) || IsControl(c) || absl::string_view("()\"',=<>!").find(c) != absl::string_view::npos ||
           (c == ':' && !is_value);
  }

  absl::StatusOr<Word> ReadWord(absl::string_view expected, bool is_value) {
    if (AtEnd()) return Unexpected(expected);
    if (text_[at_] == '"' || text_[at_] == '\'') return ReadQuoted();
    Word word;
    word.position = at_;
    while (at_ < text_.size() && !EndsWord(text_[at_], is_value)) ++at_;
    word.text = std::string(text_.substr(word.position, at_ - word.position));
    const bool is_stray_minus = !is_value && absl::StartsWith(word.text, "-");
    if (word.text.empty() || is_stray_minus) {
      at_ = word.position;
      return Unexpected(expected);
    }
    SkipSpace();
    return word;
  }

  absl::StatusOr<Word> ReadQuoted() {
    Word word;
    word.position = at_;
    word.quoted = true;
    const char quote = text_[at_++];
    const size_t start = at_;
    while (at_ < text_.size() && text_[at_] != quote) at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size())
      return Wrong(word.position, "a quotation has no end", absl::StrCat("close it with ", std::string(1, quote)));
    word.text = std::string(text_.substr(start, at_ - start));
    ++at_;
    SkipSpace();
    return word;
  }

  bool TakeKeyword(absl::string_view keyword) {
    if (!absl::StartsWith(text_.substr(at_), keyword)) return false;
    const size_t end = at_ + keyword.size();
    if (end < text_.size() && !EndsWord(text_[end], false)) return false;
    at_ = end;
    SkipSpace();
    return true;
  }

  std::optional<Comparator> TakeComparator() {
    for (const ComparatorInfo& each : kComparators) {
      if (!absl::StartsWith(text_.substr(at_), each.text)) continue;
      at_ += each.text.size();
      SkipSpace();
      return each.comparator;
    }
    return std::nullopt;
  }

  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    SkipSpace();
    return true;
  }

  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }

  bool AtEnd() const { return at_ >= text_.size(); }

  // --- Errors

  absl::Status Wrong(size_t position, absl::string_view what, absl::string_view remedy) const {
    return absl::InvalidArgumentError(absl::StrCat(field_, ": at position ", position + 1, " ", what, "; ", remedy));
  }

  absl::Status Met(size_t position, absl::string_view met, absl::string_view expected) const {
    constexpr size_t kMostShown = 40;
    return Wrong(position,
                 absl::StrCat("stands \"", absl::CHexEscape(met.substr(0, kMostShown)),
                              met.size() > kMostShown ? "...\"" : "\""),
                 absl::StrCat("expected ", expected));
  }

  absl::Status Unexpected(absl::string_view expected) const {
    if (AtEnd()) return Wrong(text_.size(), "the filter ends", absl::StrCat("expected ", expected));
    return Met(at_, text_.substr(at_, 1), expected);
  }

  const absl::string_view text_;
  const FilterScope scope_;
  const absl::string_view field_;
  size_t at_ = 0;
};

}  // namespace

bool IsAttributeKey(absl::string_view key) {
  constexpr size_t kMostKeyBytes = 64;
  return !key.empty() && key.size() <= kMostKeyBytes && std::all_of(key.begin(), key.end(), [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
  });
}

bool TextPattern::Matches(absl::string_view text) const {
  if (parts.size() == 1) return text == parts.front();
  if (!absl::ConsumePrefix(&text, parts.front()) || !absl::ConsumeSuffix(&text, parts.back())) return false;
  for (size_t i = 1; i + 1 < parts.size(); ++i) {
    const size_t found = text.find(parts[i]);
    if (found == absl::string_view::npos) return false;
    text.remove_prefix(found + parts[i].size());
  }
  return true;
}

absl::StatusOr<FilterNode> ParseSearchFilter(absl::string_view text, FilterScope scope, absl::string_view field) {
  if (text.size() > kMostFilterBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": has ", text.size(), " bytes; use at most ", kMostFilterBytes));
  }
  return Parser(text, scope, field).Parse();
}

}  // namespace rapport::churn
