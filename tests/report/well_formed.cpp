#include "report/well_formed.hpp"

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "core/files.hpp"

namespace neusemslice::testing_support {
namespace {

constexpr const char* kParseXml = "import sys, xml.dom.minidom\nxml.dom.minidom.parse(sys.argv[1])\n";

constexpr const char* kCheckHtml = R"py(
import sys, html.parser
class Check(html.parser.HTMLParser):
    stack = []
    def handle_starttag(self, tag, attributes):
        assert tag not in ("script", "link", "img", "iframe"), tag
        for name, value in attributes:
            assert name not in ("src", "onload") and (name != "href" or value.startswith("#")), (name, value)
        if tag != "meta": self.stack.append(tag)
    def handle_startendtag(self, tag, attributes): pass
    def handle_endtag(self, tag): assert self.stack.pop() == tag, tag
check = Check()
check.feed(open(sys.argv[1], encoding="utf-8").read())
assert not check.stack, check.stack
)py";

/// Whether python3 ends well on `script` with `text` in the file that sys.argv[1] names.
bool python_accepts(const std::string& script, const std::string& text) {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("neusemslice-python-{}", ::getpid());
  write_file_atomically(folder / "script.py", script);
  write_file_atomically(folder / "text", text);
  const int status = std::system(fmt::format("python3 '{0}/script.py' '{0}/text'", folder.string()).c_str());
  std::filesystem::remove_all(folder);
  return status == 0;
}

}  // namespace

bool is_well_formed_xml(const std::string& text) {
  return python_accepts(kParseXml, text);
}

bool is_self_contained_html(const std::string& text) {
  return python_accepts(kCheckHtml, text);
}

}  // namespace neusemslice::testing_support
