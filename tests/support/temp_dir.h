#ifndef RAPPORT_TESTS_SUPPORT_TEMP_DIR_H_
#define RAPPORT_TESTS_SUPPORT_TEMP_DIR_H_

#include <string>

namespace rapport::test_support {

// A new folder that is removed, with all that is in it, at the end.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace rapport::test_support

#endif  // RAPPORT_TESTS_SUPPORT_TEMP_DIR_H_
