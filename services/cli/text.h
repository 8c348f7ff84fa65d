#ifndef RAPPORT_SERVICES_CLI_TEXT_H_
#define RAPPORT_SERVICES_CLI_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace rapport::cli {

// How many columns a terminal uses for UTF-8 text, one for each code point.
size_t DisplayWidth(absl::string_view text);

std::string PadLeft(absl::string_view text, size_t width);
std::string PadRight(absl::string_view text, size_t width);

// At most `width` columns, the last one an ellipsis when text was cut.
std::string Shortened(absl::string_view text, size_t width);

// `text` without control characters: what customers write must not steer the reader's terminal.
std::string Printable(absl::string_view text);

// 1234567 as `1,234,567`.
std::string Grouped(int64_t number);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_TEXT_H_
