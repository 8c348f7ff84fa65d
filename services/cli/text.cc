#include "services/cli/text.h"

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

namespace rapport::cli {
namespace {

bool ContinuesCodePoint(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

size_t DisplayWidth(absl::string_view text) {
  return static_cast<size_t>(absl::c_count_if(text, [](char c) { return !ContinuesCodePoint(c); }));
}

std::string PadLeft(absl::string_view text, size_t width) {
  const size_t used = DisplayWidth(text);
  return absl::StrCat(std::string(used < width ? width - used : 0, ' '), text);
}

std::string PadRight(absl::string_view text, size_t width) {
  const size_t used = DisplayWidth(text);
  return absl::StrCat(text, std::string(used < width ? width - used : 0, ' '));
}

std::string Shortened(absl::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  size_t end = 0;
  for (size_t columns = 0; end < text.size(); ++end) {
    if (!ContinuesCodePoint(text[end]) && ++columns == width) break;
  }
  return absl::StrCat(text.substr(0, end), "…");
}

std::string Printable(absl::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    // U+0080 to U+009F, the second range of control characters, take two bytes.
    const bool two_byte_control = c == 0xC2 && next >= 0x80 && next <= 0x9F;
    if (c < 0x20 || c == 0x7F || two_byte_control) {
      result += ' ';
      if (two_byte_control) ++i;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string Grouped(int64_t number) {
  const std::string digits = absl::StrCat(number);
  std::string grouped;
  for (size_t i = 0; i < digits.size(); ++i) {
    const size_t left = digits.size() - i;
    if (i > (number < 0 ? 1U : 0U) && left % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

}  // namespace rapport::cli
