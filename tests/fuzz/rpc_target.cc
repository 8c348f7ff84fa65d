#include "tests/fuzz/rpc_target.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/server/access.h"
#include "common/server/executor.h"
#include "common/server/log.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/message.h"
#include "rapport/common/v1/common.pb.h"
#include "tests/fuzz/fail.h"
#include "tests/fuzz/memory_store.h"
#include "tests/fuzz/script.h"

namespace rapport::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::Reflection;

constexpr uint32_t kPartitions = 2;
constexpr int kMostCalls = 24;
// Below the number of unacknowledged batches up to which a server reads on.
constexpr size_t kMostSent = 6;
constexpr size_t kMostReceived = 100;

// `RecordRating` as `record_rating`.
std::string StepName(const MethodDescriptor& method) {
  std::string name;
  for (const char c : method.name()) {
    if (absl::ascii_isupper(c) && !name.empty()) name += '_';
    name += absl::ascii_tolower(c);
  }
  return name;
}

const MethodDescriptor& MethodOf(const std::string& step_name) {
  const google::protobuf::ServiceDescriptor& service = ServiceUnderTest();
  for (int i = 0; i < service.method_count(); ++i) {
    if (StepName(*service.method(i)) == step_name) return *service.method(i);
  }
  Fail(absl::StrCat("no method for the step ", step_name));
}

// A watch goes on until the caller ends it.
bool IsEndless(const MethodDescriptor& method) {
  return absl::StartsWith(method.name(), "Watch");
}

struct Answer {
  grpc::Status status;
  std::vector<std::unique_ptr<Message>> messages;
};

// One process of the service, and a client of it.
class Process {
 public:
  Process()
      : executor_({.threads = 2, .queue_capacity = 1000}),
        log_("fuzz", server::Severity::kWarning, [this](absl::string_view line) { AddLog(line); }),
        access_(server::MakeDevelopmentAccess()),
        runtime_({.default_deadline = kPatience, .stream_poll_interval = absl::Milliseconds(1)}, *access_, executor_,
                 log_, registry_),
        served_(Serve(runtime_, store_, registry_)) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&served_->service());
    server_ = builder.BuildAndStart();
    Require(server_ != nullptr, "the server does not start");
    stub_ = std::make_unique<grpc::GenericStub>(server_->InProcessChannel(grpc::ChannelArguments()));
  }
  ~Process() {
    runtime_.Drain();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(10));
    Require(runtime_.AwaitIdle(absl::Seconds(10)), "calls are left after the server was shut down");
    executor_.Shutdown();
    stub_ = nullptr;
    server_ = nullptr;
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) continue;
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  Answer Call(const MethodDescriptor& method, const std::vector<const Message*>& requests, const std::string& agent);
  absl::Status DoBackgroundWork() { return served_->DoBackgroundWork(); }
  void Damage(uint32_t how) { store_.Damage(how); }
  std::string LogText() {
    const absl::MutexLock lock(&lines_mutex_);
    return lines_;
  }

 private:
  static constexpr absl::Duration kPatience = absl::Seconds(30);
  static constexpr absl::Duration kWatched = absl::Milliseconds(5);

  void AddLog(absl::string_view line) {
    const absl::MutexLock lock(&lines_mutex_);
    absl::StrAppend(&lines_, line);
  }

  // Waits for the one operation that is under way.
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    Require(queue_.Next(&tag, &ok), "the completion queue has ended");
    return ok;
  }

  MemoryStore store_{kPartitions};
  metrics::Registry registry_;
  server::Executor executor_;
  absl::Mutex lines_mutex_;
  std::string lines_;
  server::Logger log_;
  const std::unique_ptr<server::Access> access_;
  server::RpcRuntime runtime_;
  const std::unique_ptr<Served> served_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<grpc::GenericStub> stub_;
  grpc::CompletionQueue queue_;
};

grpc::ByteBuffer ToBuffer(const Message& message) {
  const std::string bytes = message.SerializePartialAsString();
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

std::unique_ptr<Message> FromBuffer(const grpc::ByteBuffer& buffer, const google::protobuf::Descriptor& type) {
  std::vector<grpc::Slice> slices;
  Require(buffer.Dump(&slices).ok(), "an answer cannot be read");
  std::string bytes;
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  std::unique_ptr<Message> message(google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New());
  Require(message->ParseFromString(bytes), "an answer does not parse");
  return message;
}

Answer Process::Call(const MethodDescriptor& method, const std::vector<const Message*>& requests,
                     const std::string& agent) {
  const absl::Duration patience = IsEndless(method) ? kWatched : kPatience;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoNanoseconds(patience));
  if (!agent.empty()) context.AddMetadata("x-rapport-agent", agent);
  const auto call =
      stub_->PrepareCall(&context, absl::StrCat("/", method.service()->full_name(), "/", method.name()), &queue_);
  Answer answer;
  call->StartCall(nullptr);
  bool going = Await();
  for (size_t i = 0; i < std::min(requests.size(), kMostSent) && going; ++i) {
    call->Write(ToBuffer(*requests[i]), nullptr);
    going = Await();
  }
  if (going) {
    call->WritesDone(nullptr);
    Await();
  }
  for (grpc::ByteBuffer buffer;;) {
    call->Read(&buffer, nullptr);
    if (!Await()) break;
    answer.messages.push_back(FromBuffer(buffer, *method.output_type()));
    if (answer.messages.size() == kMostReceived) context.TryCancel();
  }
  call->Finish(&answer.status, nullptr);
  Await();
  return answer;
}

// Whether a status is one that a caller may get who asks for nonsense of a healthy server.
bool IsExpected(const Answer& answer, const MethodDescriptor& method) {
  switch (answer.status.error_code()) {
    case grpc::StatusCode::OK:
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return true;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return IsEndless(method);
    case grpc::StatusCode::CANCELLED:
      return answer.messages.size() >= kMostReceived;
    default:
      return false;
  }
}

bool IsOurs(int code) {
  return code == static_cast<int>(grpc::StatusCode::INTERNAL) || code == static_cast<int>(grpc::StatusCode::UNKNOWN) ||
         code == static_cast<int>(grpc::StatusCode::DATA_LOSS);
}

// Which fields of requests repeat what was answered: tokens, and versions of models. Empty for all others.
absl::string_view RepeatedBy(const FieldDescriptor& field) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING || field.is_repeated()) return "";
  for (const absl::string_view suffix : {"token", "version"}) {
    if (absl::EndsWith(field.name(), suffix)) return suffix;
  }
  return "";
}

// What a run of a script knows so far.
struct Progress {
  int calls = 0;
  std::map<absl::string_view, std::string> last;  // what was answered last in fields that requests repeat
  bool damaged = false;  // what is stored was changed: then nonsense may be answered, but it must still be an answer
};

void CheckAnswer(const Message& message, Progress& progress);

void CheckNumber(double number, const Message& message, const Progress& progress) {
  if (std::isfinite(number) || progress.damaged) return;
  Fail(absl::StrCat("a number of an answer is none:\n", message.DebugString()));
}

void CheckField(const Message& message, const FieldDescriptor& field, Progress& progress) {
  const Reflection& reflection = *message.GetReflection();
  const int size = field.is_repeated() ? reflection.FieldSize(message, &field) : 0;
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    if (!field.is_repeated()) CheckAnswer(reflection.GetMessage(message, &field), progress);
    for (int i = 0; i < size; ++i) CheckAnswer(reflection.GetRepeatedMessage(message, &field, i), progress);
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
    if (!field.is_repeated()) CheckNumber(reflection.GetDouble(message, &field), message, progress);
    for (int i = 0; i < size; ++i) CheckNumber(reflection.GetRepeatedDouble(message, &field, i), message, progress);
  } else if (const absl::string_view repeated = RepeatedBy(field); !repeated.empty()) {
    progress.last[repeated] = reflection.GetString(message, &field);
  }
}

// What holds for every answer.
void CheckAnswer(const Message& message, Progress& progress) {
  if (message.GetDescriptor() == common::v1::ItemStatus::descriptor()) {
    const auto& status = static_cast<const common::v1::ItemStatus&>(message);
    if ((IsOurs(status.code()) && !progress.damaged) || (status.code() != 0 && status.message().empty())) {
      Fail(absl::StrCat("the status of an item helps nobody:\n", status.DebugString()));
    }
  }
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* const field : fields) CheckField(message, *field, progress);
}

// Puts what was answered last where the script says `$last`.
void FillInLast(Progress& progress, Message& message) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* const field : fields) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated()) {
      FillInLast(progress, *reflection.MutableMessage(&message, field));
    } else if (const absl::string_view repeated = RepeatedBy(*field); !repeated.empty()) {
      const std::string text = reflection.GetString(message, field);
      reflection.SetString(&message, field, absl::StrReplaceAll(text, {{"$last", progress.last[repeated]}}));
    }
  }
}

// Metadata takes printable ASCII only.
std::string Printable(std::string text) {
  for (char& c : text) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) c = '_';
  }
  return text;
}

// Carries out one call of a script.
void Take(const Message& step, const MethodDescriptor& method, const std::vector<const Message*>& messages,
          Process& process, Progress& progress) {
  uint32_t how = 0;
  if (absl::SimpleAtoi(TextOf(step, "damage"), &how)) {
    process.Damage(how);
    progress.damaged = true;
  }
  std::vector<std::unique_ptr<Message>> filled;
  std::vector<const Message*> requests;
  for (const Message* const message : messages) {
    filled.emplace_back(message->New())->CopyFrom(*message);
    FillInLast(progress, *filled.back());
    requests.push_back(filled.back().get());
  }
  const Answer answer = process.Call(method, requests, Printable(TextOf(step, "agent")));
  const int code = answer.status.error_code();
  if (!(IsExpected(answer, method) || (progress.damaged && IsOurs(code))) ||
      (code != 0 && answer.status.error_message().empty())) {
    Fail(absl::StrCat(method.name(), " is answered with ", code, " '", answer.status.error_message(), "'\n",
                      process.LogText()));
  }
  for (const auto& message : answer.messages) CheckAnswer(*message, progress);
  const absl::Status worked = process.DoBackgroundWork();
  if (!worked.ok() && !progress.damaged) Fail(absl::StrCat("what is done beside answering: ", worked.ToString()));
}

}  // namespace

const Message& EmptyScript() {
  static const Message* const script = [] {
    std::vector<StepKind> kinds;
    for (int i = 0; i < ServiceUnderTest().method_count(); ++i) {
      const MethodDescriptor& method = *ServiceUnderTest().method(i);
      kinds.push_back({StepName(method), method.input_type(), method.client_streaming()});
    }
    kinds.push_back({"agent"});
    kinds.push_back({"damage"});
    return &MakeScript(kinds);
  }();
  return *script;
}

void Run(const Message& script) {
  Process process;
  Progress progress;
  ForEachStep(script, [&](const Message& step, const std::string& kind, const std::vector<const Message*>& messages) {
    if (++progress.calls <= kMostCalls) Take(step, MethodOf(kind), messages, process, progress);
  });
}

}  // namespace rapport::fuzz
