#ifndef RAPPORT_TESTS_FUZZ_SCRIPT_H_
#define RAPPORT_TESTS_FUZZ_SCRIPT_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

// Inputs made of messages, kept as text:
//   steps { rating { rating_id: "r1" } }
//   steps { get_rating { rating_id: "r1" } agent: "ann" }
// The types are put together at run time, so that a target can take whatever a service descriptor has.
namespace rapport::fuzz {

// A field of a step.
struct StepKind {
  std::string name;
  const google::protobuf::Descriptor* type = nullptr;  // null: a text
  bool repeated = false;
};

// An empty script whose steps have these fields. It lives as long as the program; fields of generated types hold
// generated messages.
const google::protobuf::Message& MakeScript(const std::vector<StepKind>& kinds);

// Calls `visit` for each step and each of its message fields that is set, with all its messages.
using Visit = absl::FunctionRef<void(const google::protobuf::Message& step, const std::string& kind,
                                     const std::vector<const google::protobuf::Message*>& messages)>;
void ForEachStep(const google::protobuf::Message& script, Visit visit);

// A text field of a step.
std::string TextOf(const google::protobuf::Message& step, const std::string& kind);

// False when the text is no such message; what it has that the message lacks is passed over.
bool ParseScript(absl::string_view text, google::protobuf::Message& script);
std::string PrintScript(const google::protobuf::Message& script);

// A target with scripts for input defines these two; script_target.cc makes a fuzz target of them.
const google::protobuf::Message& EmptyScript();
void Run(const google::protobuf::Message& script);

}  // namespace rapport::fuzz

#endif  // RAPPORT_TESTS_FUZZ_SCRIPT_H_
