#ifndef RAPPORT_TESTS_FUZZ_FAIL_H_
#define RAPPORT_TESTS_FUZZ_FAIL_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace rapport::fuzz {

// Ends the program: something that must hold for every input does not hold for this one. libFuzzer keeps the input.
[[noreturn]] void Fail(absl::string_view what);

inline void Require(bool holds, absl::string_view what) {
  if (!holds) Fail(what);
}

// An error that somebody can act on: of the caller's making, and with a text.
void RequireClear(const absl::Status& error, absl::string_view of_what);

}  // namespace rapport::fuzz

#endif  // RAPPORT_TESTS_FUZZ_FAIL_H_
