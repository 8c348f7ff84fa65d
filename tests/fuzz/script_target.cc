// The entry points that libFuzzer calls, for targets whose input is a script: mutations keep it a script.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "tests/fuzz/script.h"
#include "tests/fuzz/script_mutator.h"

namespace {

using google::protobuf::Message;

std::unique_ptr<Message> Read(const uint8_t* data, size_t size) {
  std::unique_ptr<Message> script(rapport::fuzz::EmptyScript().New());
  if (!rapport::fuzz::ParseScript({reinterpret_cast<const char*>(data), size}, *script)) script->Clear();
  return script;
}

// The size of the script as text; 0 when it does not fit.
size_t Write(const Message& script, uint8_t* data, size_t most) {
  const std::string text = rapport::fuzz::PrintScript(script);
  if (text.size() > most) return 0;
  std::memcpy(data, text.data(), text.size());
  return text.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::unique_ptr<Message> script(rapport::fuzz::EmptyScript().New());
  if (!rapport::fuzz::ParseScript({reinterpret_cast<const char*>(data), size}, *script)) return -1;
  rapport::fuzz::Run(*script);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  constexpr unsigned int kAttempts = 8;
  rapport::fuzz::ScriptMutator mutator(seed);
  for (unsigned int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::unique_ptr<Message> script = Read(data, size);
    mutator.Mutate(*script);
    if (const size_t written = Write(*script, data, max_size); written > 0) return written;
  }
  return size;
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data1, size_t size1, const uint8_t* data2, size_t size2,
                                            uint8_t* out, size_t max_out_size, unsigned int seed) {
  const std::unique_ptr<Message> one = Read(data1, size1);
  rapport::fuzz::ScriptMutator(seed).Cross(*one, *Read(data2, size2));
  if (const size_t written = Write(*one, out, max_out_size); written > 0) return written;
  const size_t size = std::min(size1, max_out_size);
  std::memcpy(out, data1, size);
  return size;
}
