#include "tests/fuzz/script_mutator.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.pb.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace rapport::fuzz {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kMostDepth = 8;
constexpr int64_t kNow = 1'782'907'200;  // 2026-07-01T12:00:00Z, which is the present in targets

constexpr int64_t kIntegers[] = {0,  1,   2,    3,    4,     5,       7,       10,        11,        12,
                                 24, 100, 1000, 1001, 10000, 1 << 16, 1 << 24, INT32_MAX, INT32_MIN, INT64_MAX};
constexpr int64_t kSeconds[] = {0,
                                -1,
                                1,
                                59,
                                3600,
                                86'400,
                                604'800,
                                2'592'000,
                                31'536'000,
                                kNow,
                                kNow - 1,
                                kNow + 600,
                                kNow + 601,
                                1'774'742'400,    // clocks of Europe go forward in 2026
                                1'792'886'400,    // and back
                                253'402'300'799,  // the last that Timestamp allows
                                253'402'300'800,
                                -62'135'596'800,  // the first
                                315'576'000'000,  // the longest Duration
                                INT64_MAX,
                                INT64_MIN};
constexpr int32_t kNanos[] = {0, 0, 0, 1, 999'999, 1'000'000, 999'000'000, 999'999'999, 1'000'000'000, -1, INT32_MIN};
constexpr int64_t kSteps[] = {1, 60, 900, 3600, 21'600, 86'400, 7 * 86'400, 30 * 86'400, 365 * 86'400};
constexpr double kReals[] = {0,     -0.0,   0.5,
                             0.95,  1,      0.999999999999,
                             -1,    10,     1e-300,
                             1e300, 0.1,    std::numeric_limits<double>::infinity(),
                             100,   5e-324, std::numeric_limits<double>::quiet_NaN()};
constexpr absl::string_view kTexts[] = {"",
                                        "a",
                                        "b",
                                        "c1",
                                        "r1",
                                        "0",
                                        "-1",
                                        "*",
                                        "/",
                                        "team",
                                        "plan",
                                        "product",
                                        "locale",
                                        "owner",
                                        "currency",
                                        "EUR",
                                        "JPY",
                                        "__other__",
                                        "UTC",
                                        "Europe/Berlin",
                                        "America/New_York",
                                        "Australia/Lord_Howe",
                                        "Pacific/Apia",
                                        "09:00",
                                        "24:00",
                                        "02:30",
                                        "2026-12-25",
                                        "2026-03-29",
                                        "$last",
                                        "Zo\xC3\xAB \xF0\x9F\x98\x80",
                                        "\xE2\x80\xAE",
                                        "a,b",
                                        "a\"b",
                                        "a\nb"};

template <typename T, size_t N>
T Pick(const T (&values)[N], uint32_t random) {
  return values[random % N];
}

bool IsMoment(const FieldDescriptor& field) {
  const std::string& type = field.containing_type()->full_name();
  return type == "google.protobuf.Timestamp" || type == "google.protobuf.Duration";
}

}  // namespace

void ScriptMutator::Collect(Message& message, int depth) {
  const Reflection& reflection = *message.GetReflection();
  messages_.push_back(&message);
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const Field& field = *message.GetDescriptor()->field(i);
    const int size = field.is_repeated() ? reflection.FieldSize(message, &field) : 0;
    const bool is_set = field.is_repeated() ? size > 0 : reflection.HasField(message, &field);
    sites_.push_back({&message, &field, is_set});
    if (!is_set || depth == 0) continue;
    if (field.cpp_type() == Field::CPPTYPE_STRING && !field.is_repeated()) {
      texts_.emplace_back(&field, reflection.GetString(message, &field));
    }
    if (field.cpp_type() != Field::CPPTYPE_MESSAGE) continue;
    if (!field.is_repeated()) Collect(*reflection.MutableMessage(&message, &field), depth - 1);
    for (int j = 0; j < size; ++j) Collect(*reflection.MutableRepeatedMessage(&message, &field, j), depth - 1);
  }
}

void ScriptMutator::Mutate(Message& script) {
  const uint32_t changes = 1 + (OneIn(2) ? Below(4) : 0);
  for (uint32_t i = 0; i < changes; ++i) {
    sites_.clear();
    texts_.clear();
    messages_.clear();
    Collect(script, kMostDepth);
    std::vector<Site> candidates = sites_;
    if (!OneIn(3)) {
      candidates.erase(
          std::remove_if(candidates.begin(), candidates.end(), [](const Site& site) { return !site.is_set; }),
          candidates.end());
      if (candidates.empty()) candidates = sites_;
    }
    Change(candidates[Below(static_cast<uint32_t>(candidates.size()))]);
  }
}

void ScriptMutator::Cross(Message& script, const Message& other) {
  const Field* const steps = script.GetDescriptor()->FindFieldByName("steps");
  const Reflection& reflection = *script.GetReflection();
  const auto keep = static_cast<int>(Below(static_cast<uint32_t>(reflection.FieldSize(script, steps)) + 1));
  while (reflection.FieldSize(script, steps) > keep) reflection.RemoveLast(&script, steps);
  const int count = reflection.FieldSize(other, steps);
  for (auto i = static_cast<int>(Below(static_cast<uint32_t>(count) + 1)); i < count; ++i) {
    reflection.AddMessage(&script, steps)->CopyFrom(reflection.GetRepeatedMessage(other, steps, i));
  }
}

void ScriptMutator::Change(const Site& site) {
  if (site.field->is_repeated()) {
    ChangeRepeated(*site.message, *site.field);
  } else {
    ChangeSingular(*site.message, *site.field);
  }
}

void ScriptMutator::ChangeRepeated(Message& message, const Field& field) {
  const Reflection& reflection = *message.GetReflection();
  const int size = reflection.FieldSize(message, &field);
  if (size == 0 || OneIn(3)) return AddElement(message, field, 4);
  const auto index = static_cast<int>(Below(static_cast<uint32_t>(size)));
  switch (Below(4)) {
    case 0:  // takes one out
      reflection.SwapElements(&message, &field, index, size - 1);
      reflection.RemoveLast(&message, &field);
      break;
    case 1:
      reflection.SwapElements(&message, &field, index, static_cast<int>(Below(static_cast<uint32_t>(size))));
      break;
    case 2:  // doubles one
      if (field.cpp_type() == Field::CPPTYPE_MESSAGE) {
        const std::unique_ptr<Message> copy(reflection.GetRepeatedMessage(message, &field, index).New());
        copy->CopyFrom(reflection.GetRepeatedMessage(message, &field, index));
        reflection.AddMessage(&message, &field)->CopyFrom(*copy);
        break;
      }
      [[fallthrough]];
    default:
      if (field.cpp_type() == Field::CPPTYPE_MESSAGE) {
        reflection.MutableRepeatedMessage(&message, &field, index)->Clear();
        Fill(*reflection.MutableRepeatedMessage(&message, &field, index), 3);
      } else {
        SetElement(message, field, index);
      }
  }
}

void ScriptMutator::ChangeSingular(Message& message, const Field& field) {
  const Reflection& reflection = *message.GetReflection();
  if (reflection.HasField(message, &field) && OneIn(5)) return reflection.ClearField(&message, &field);
  if (field.cpp_type() != Field::CPPTYPE_MESSAGE) return SetScalar(message, field);
  std::vector<const Message*> alike;
  for (const Message* const each : messages_) {
    if (each->GetDescriptor() == field.message_type()) alike.push_back(each);
  }
  if (!alike.empty() && OneIn(2)) {
    const Message& chosen = *alike[Below(static_cast<uint32_t>(alike.size()))];
    const std::unique_ptr<Message> copy(chosen.New());
    copy->CopyFrom(chosen);
    reflection.MutableMessage(&message, &field)->CopyFrom(*copy);
    return;
  }
  Fill(*reflection.MutableMessage(&message, &field), 4);
}

void ScriptMutator::AddElement(Message& message, const Field& field, int depth) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case Field::CPPTYPE_MESSAGE:
      return Fill(*reflection.AddMessage(&message, &field), depth - 1);
    case Field::CPPTYPE_STRING:
      return reflection.AddString(&message, &field, NewText(field, ""));
    case Field::CPPTYPE_ENUM:
      return reflection.AddEnumValue(&message, &field, NewEnum(field));
    case Field::CPPTYPE_BOOL:
      return reflection.AddBool(&message, &field, OneIn(2));
    case Field::CPPTYPE_INT32:
      return reflection.AddInt32(&message, &field, static_cast<int32_t>(NewInteger(field, 0)));
    case Field::CPPTYPE_INT64:
      return reflection.AddInt64(&message, &field, NewInteger(field, 0));
    case Field::CPPTYPE_UINT32:
      return reflection.AddUInt32(&message, &field, static_cast<uint32_t>(NewInteger(field, 0)));
    case Field::CPPTYPE_UINT64:
      return reflection.AddUInt64(&message, &field, static_cast<uint64_t>(NewInteger(field, 0)));
    case Field::CPPTYPE_DOUBLE:
      return reflection.AddDouble(&message, &field, NewReal(0));
    case Field::CPPTYPE_FLOAT:
      return reflection.AddFloat(&message, &field, static_cast<float>(NewReal(0)));
  }
}

void ScriptMutator::Fill(Message& message, int depth) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  if (type.field_count() == 0) return;
  // A step does one thing.
  if (type.full_name() == "rapport.fuzz.Step") {
    return FillField(message, *type.field(static_cast<int>(Below(static_cast<uint32_t>(type.field_count())))), depth);
  }
  const bool all = type.options().map_entry() || type.field_count() == 1;
  for (int i = 0; i < type.field_count(); ++i) {
    if (all || OneIn(2)) FillField(message, *type.field(i), depth);
  }
}

void ScriptMutator::FillField(Message& message, const Field& field, int depth) {
  if (field.is_repeated()) {
    for (uint32_t i = 1 + Below(2); i > 0 && depth > 0; --i) AddElement(message, field, depth);
  } else if (field.cpp_type() != Field::CPPTYPE_MESSAGE) {
    SetScalar(message, field);
  } else if (depth > 0) {
    Fill(*message.GetReflection()->MutableMessage(&message, &field), depth - 1);
  }
}

int64_t ScriptMutator::NewInteger(const Field& field, int64_t old) {
  if (field.name() == "nanos") return Pick(kNanos, random_());
  const bool moment = IsMoment(field);
  switch (Below(moment ? 5 : 4)) {
    case 0:
      return moment ? Pick(kSeconds, random_()) : Pick(kIntegers, random_());
    case 1:
      return static_cast<int64_t>(static_cast<uint64_t>(old) +
                                  (OneIn(2) ? 1 : -1) * (moment ? Pick(kSteps, random_()) : 1));
    case 2:
      return static_cast<int64_t>(Below(32)) - (OneIn(8) ? 16 : 0);
    case 3:
      return moment ? kNow - static_cast<int64_t>(Below(90 * 86'400))
                    : static_cast<int64_t>(0 - static_cast<uint64_t>(old));
    default:
      return kNow - Pick(kSteps, random_()) * Below(20);
  }
}

double ScriptMutator::NewReal(double old) {
  switch (Below(3)) {
    case 0:
      return Pick(kReals, random_());
    case 1:
      return std::uniform_real_distribution<double>(0, 1)(random_);
    default:
      return -old;
  }
}

int ScriptMutator::NewEnum(const Field& field) {
  const EnumDescriptor& type = *field.enum_type();
  if (OneIn(16)) return static_cast<int>(Below(200)) - 50;
  return type.value(static_cast<int>(Below(static_cast<uint32_t>(type.value_count()))))->number();
}

std::string ScriptMutator::NewText(const Field& field, const std::string& old) {
  if (field.name() == "damage") return std::to_string(random_());
  constexpr size_t kMostGrowth = 24;
  constexpr size_t kLong[] = {128, 129, 256, 257};
  std::vector<const std::string*> of_same_name;
  for (const auto& [from, text] : texts_) {
    if (from->name() == field.name() || (absl::EndsWith(from->name(), "_id") && absl::EndsWith(field.name(), "_id"))) {
      of_same_name.push_back(&text);
    }
  }
  switch (Below(6)) {
    case 0:
    case 1:
      if (!of_same_name.empty()) return *of_same_name[Below(static_cast<uint32_t>(of_same_name.size()))];
      [[fallthrough]];
    case 2:
      return std::string(Pick(kTexts, random_()));
    case 3:
      if (OneIn(4)) return std::string(Pick(kLong, random_()), 'x');
      if (!texts_.empty()) return texts_[Below(static_cast<uint32_t>(texts_.size()))].second;
      [[fallthrough]];
    default: {
      std::string text = old;
      text.resize(old.size() + kMostGrowth);
      text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()), old.size(), text.size()));
      if (field.type() == Field::TYPE_BYTES) return text;
      // Other bytes never get past the parser of protobuf.
      for (char& c : text) c = static_cast<char>(c & 0x7f);
      return text;
    }
  }
}

void ScriptMutator::SetScalar(Message& message, const Field& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case Field::CPPTYPE_STRING:
      return reflection.SetString(&message, &field, NewText(field, reflection.GetString(message, &field)));
    case Field::CPPTYPE_ENUM:
      return reflection.SetEnumValue(&message, &field, NewEnum(field));
    case Field::CPPTYPE_BOOL:
      return reflection.SetBool(&message, &field, !reflection.GetBool(message, &field));
    case Field::CPPTYPE_INT32:
      return reflection.SetInt32(&message, &field,
                                 static_cast<int32_t>(NewInteger(field, reflection.GetInt32(message, &field))));
    case Field::CPPTYPE_INT64:
      return reflection.SetInt64(&message, &field, NewInteger(field, reflection.GetInt64(message, &field)));
    case Field::CPPTYPE_UINT32:
      return reflection.SetUInt32(&message, &field,
                                  static_cast<uint32_t>(NewInteger(field, reflection.GetUInt32(message, &field))));
    case Field::CPPTYPE_UINT64:
      return reflection.SetUInt64(
          &message, &field,
          static_cast<uint64_t>(NewInteger(field, static_cast<int64_t>(reflection.GetUInt64(message, &field)))));
    case Field::CPPTYPE_DOUBLE:
      return reflection.SetDouble(&message, &field, NewReal(reflection.GetDouble(message, &field)));
    case Field::CPPTYPE_FLOAT:
      return reflection.SetFloat(
          &message, &field, static_cast<float>(NewReal(static_cast<double>(reflection.GetFloat(message, &field)))));
    case Field::CPPTYPE_MESSAGE:
      return;
  }
}

void ScriptMutator::SetElement(Message& message, const Field& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  AddElement(message, field, 1);
  reflection.SwapElements(&message, &field, index, reflection.FieldSize(message, &field) - 1);
  reflection.RemoveLast(&message, &field);
}

}  // namespace rapport::fuzz
