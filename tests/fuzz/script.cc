#include "tests/fuzz/script.h"

#include <set>
#include <string>

#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "tests/fuzz/fail.h"

namespace rapport::fuzz {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::Message;
using google::protobuf::Reflection;

class Silent final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int /*line*/, google::protobuf::io::ColumnNumber /*column*/, const std::string& /*message*/) override {}
};

}  // namespace

const Message& MakeScript(const std::vector<StepKind>& kinds) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("script.proto");
  file.set_package("rapport.fuzz");
  file.set_syntax("proto3");
  google::protobuf::DescriptorProto& step = *file.add_message_type();
  step.set_name("Step");
  std::set<std::string> imports;
  for (const StepKind& kind : kinds) {
    FieldDescriptorProto& field = *step.add_field();
    field.set_name(kind.name);
    field.set_number(step.field_size());
    field.set_label(kind.repeated ? FieldDescriptorProto::LABEL_REPEATED : FieldDescriptorProto::LABEL_OPTIONAL);
    if (kind.type == nullptr) {
      field.set_type(FieldDescriptorProto::TYPE_STRING);
      continue;
    }
    field.set_type(FieldDescriptorProto::TYPE_MESSAGE);
    field.set_type_name("." + kind.type->full_name());
    imports.insert(kind.type->file()->name());
  }
  for (const std::string& import : imports) file.add_dependency(import);
  google::protobuf::DescriptorProto& script = *file.add_message_type();
  script.set_name("Script");
  FieldDescriptorProto& steps = *script.add_field();
  steps.set_name("steps");
  steps.set_number(1);
  steps.set_label(FieldDescriptorProto::LABEL_REPEATED);
  steps.set_type(FieldDescriptorProto::TYPE_MESSAGE);
  steps.set_type_name(".rapport.fuzz.Step");

  static auto* const pool = new DescriptorPool(DescriptorPool::generated_pool());
  static auto* const factory = new google::protobuf::DynamicMessageFactory(pool);
  factory->SetDelegateToGeneratedFactory(true);
  const google::protobuf::FileDescriptor* const built = pool->BuildFile(file);
  Require(built != nullptr, "the type of scripts cannot be made");
  return *factory->GetPrototype(built->FindMessageTypeByName("Script"));
}

void ForEachStep(const Message& script, Visit visit) {
  const FieldDescriptor* const steps = script.GetDescriptor()->FindFieldByName("steps");
  for (int i = 0; i < script.GetReflection()->FieldSize(script, steps); ++i) {
    const Message& step = script.GetReflection()->GetRepeatedMessage(script, steps, i);
    const Reflection& reflection = *step.GetReflection();
    std::vector<const FieldDescriptor*> set;
    reflection.ListFields(step, &set);
    for (const FieldDescriptor* const field : set) {
      if (field->message_type() == nullptr) continue;
      std::vector<const Message*> messages;
      if (!field->is_repeated()) messages.push_back(&reflection.GetMessage(step, field));
      for (int j = 0; field->is_repeated() && j < reflection.FieldSize(step, field); ++j) {
        messages.push_back(&reflection.GetRepeatedMessage(step, field, j));
      }
      visit(step, field->name(), messages);
    }
  }
}

std::string TextOf(const Message& step, const std::string& kind) {
  return step.GetReflection()->GetString(step, step.GetDescriptor()->FindFieldByName(kind));
}

bool ParseScript(absl::string_view text, Message& script) {
  Silent silent;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&silent);
  parser.AllowUnknownField(true);
  parser.SetRecursionLimit(100);
  return parser.ParseFromString(std::string(text), &script);
}

std::string PrintScript(const Message& script) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(script, &text);
  return text;
}

}  // namespace rapport::fuzz
