#ifndef RAPPORT_TESTS_FUZZ_SCRIPT_MUTATOR_H_
#define RAPPORT_TESTS_FUZZ_SCRIPT_MUTATOR_H_

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace rapport::fuzz {

// Changes a message field by field, whatever its type: values that programs stumble over, ids and moments that other
// parts of the message already have, elements added, taken out, doubled and swapped. The same seed makes the same
// changes.
class ScriptMutator {
 public:
  explicit ScriptMutator(uint32_t seed) : random_(seed) {}

  void Mutate(google::protobuf::Message& script);
  // Begins as `script`, ends as `other`.
  void Cross(google::protobuf::Message& script, const google::protobuf::Message& other);

 private:
  using Message = google::protobuf::Message;
  using Field = google::protobuf::FieldDescriptor;

  // Where something can be changed.
  struct Site {
    Message* message;
    const Field* field;
    bool is_set;
  };

  uint32_t Below(uint32_t limit) { return random_() % limit; }
  bool OneIn(uint32_t n) { return Below(n) == 0; }

  void Collect(Message& message, int depth);
  void Change(const Site& site);
  void ChangeRepeated(Message& message, const Field& field);
  void ChangeSingular(Message& message, const Field& field);
  void AddElement(Message& message, const Field& field, int depth);
  void Fill(Message& message, int depth);
  void FillField(Message& message, const Field& field, int depth);

  int64_t NewInteger(const Field& field, int64_t old);
  double NewReal(double old);
  int NewEnum(const Field& field);
  std::string NewText(const Field& field, const std::string& old);
  void SetScalar(Message& message, const Field& field);
  void SetElement(Message& message, const Field& field, int index);

  std::mt19937 random_;
  std::vector<Site> sites_;
  std::vector<std::pair<const Field*, std::string>> texts_;  // that the message has
  std::vector<const Message*> messages_;
};

}  // namespace rapport::fuzz

#endif  // RAPPORT_TESTS_FUZZ_SCRIPT_MUTATOR_H_
