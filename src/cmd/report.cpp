// `scaleout report RUN.json`: draws a saved run again, as a page and as a picture.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "cmd/options.h"
#include "report/page.h"
#include "report/png.h"
#include "report/run_json.h"

namespace cmd {

namespace {

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.is_open() || file.bad()) return fail("NoFile", "cannot read " + path);
  return text.str();
}

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file) return fail("NoFile", "cannot write " + path);
  return {};
}

}  // namespace

Result<void> check_writable(const std::string& file) {
  const std::filesystem::path path = std::filesystem::absolute(file);
  std::error_code error;
  const bool there = std::filesystem::exists(path, error);
  const bool writable = !std::filesystem::is_directory(path, error) && access((there ? path : path.parent_path()).c_str(), W_OK) == 0;
  if (!writable) return fail("NoFile", "cannot write " + file);
  return {};
}

Result<void> write_report(const report::Run& run, const std::string& html, const std::string& png) {
  if (!html.empty()) TRY_VOID(write_file(html, report::page(run)));
  if (!png.empty()) TRY_VOID(report::write_png(run, png));
  return {};
}

int run_report(const ReportOptions& options) {
  const auto text = read_file(options.run);
  if (!text) return report(text.error());
  const auto run = report::parse_run(*text);
  if (!run) {
    return usage_error(options.run + ": " + run.error().message, "a run is what `scaleout demo` writes beside its report; src/report/README.md has the fields");
  }
  const std::string html = options.html.empty() && options.png.empty() ? "report.html" : options.html;
  if (const auto written = write_report(*run, html, options.png); !written) return report(written.error());
  for (const std::string& path : {html, options.png}) {
    if (!path.empty()) std::cout << path << "\n";
  }
  return kOk;
}

}  // namespace cmd
