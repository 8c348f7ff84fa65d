#include "tests/support/temp_dir.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace rapport::test_support {

TempDir::TempDir() : path_((std::filesystem::temp_directory_path() / "rapport-test-XXXXXX").string()) {
  if (mkdtemp(path_.data()) == nullptr) {
    std::perror("cannot make a temporary folder");
    std::abort();
  }
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace rapport::test_support
