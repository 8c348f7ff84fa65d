#include "tests/fuzz/fail.h"

#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"

namespace rapport::fuzz {

void Fail(absl::string_view what) {
  std::cerr << "\nFAILED: " << what << std::endl;
  std::abort();
}

void RequireClear(const absl::Status& error, absl::string_view of_what) {
  if (error.message().empty()) Fail(absl::StrCat(of_what, ": an error without a text: ", error.ToString()));
  if (absl::IsInternal(error) || absl::IsUnknown(error)) {
    Fail(absl::StrCat(of_what, ": nobody can act on this: ", error.ToString()));
  }
}

}  // namespace rapport::fuzz
