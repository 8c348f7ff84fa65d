#ifndef RAPPORT_COMMON_STORE_REDIS_SCRIPTS_H_
#define RAPPORT_COMMON_STORE_REDIS_SCRIPTS_H_

// The text of the .lua files of this folder.
namespace rapport::store {

extern const char kCommitScript[];
extern const char kCompactTableScript[];
extern const char kRangeIndexScript[];

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_REDIS_SCRIPTS_H_
