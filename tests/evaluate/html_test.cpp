#include "evaluate/html.h"

#include "tests/test.h"

using namespace trivox;

TEST_CASE("base64 gives the vectors of RFC 4648") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xff\xfe") == "//4=");
}

TEST_CASE("html text is escaped") {
  CHECK(escape_html("<a href=\"x\">&'") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  CHECK(escape_html("T1 \x1b[2J") == "T1 \\x1b[2J");  // ESC is no character of HTML
}

TEST_CASE("panels and lists escape what they hold") {
  CHECK(panel("fault", bullets({"a<b"})) == "<div class=\"panel fault\"><ul><li>a&lt;b</li></ul></div>\n");
  CHECK(tile("0.9", "mean") == "<div class=\"tile\"><b>0.9</b><span>mean</span></div>\n");
  CHECK(definitions({{"<k>", "1 & 2"}}) == "<dl><dt>&lt;k&gt;</dt><dd>1 &amp; 2</dd></dl>");
}

TEST_CASE("figure has the true proportions and its letters") {
  Grid grid;
  grid.size = {30, 20, 3};
  grid.affine.diagonal() << -1, -2, 6, 1;
  const Volume<float> image(grid, 1, 1.0F);
  Figure figure = make_figure(image, slice_view(grid), 1, {0, 1});
  figure.layers.push_back({"reference", {{{0, 0}, {10.5, 0}, {10.5, 4}}}});
  const std::string svg = svg_figure(figure, "slice <1>");
  CHECK_THAT(svg, CONTAINS_TEXT("viewBox=\"0 0 30 40\""));
  CHECK_THAT(svg, CONTAINS_TEXT("aria-label=\"slice &lt;1&gt;\""));
  CHECK_THAT(svg, CONTAINS_TEXT("class=\"reference\" d=\"M0 0L10.5 0L10.5 4Z\""));
  for (const char* letter : {">R</text>", ">L</text>", ">A</text>", ">P</text>"})
    CHECK_THAT(svg, CONTAINS_TEXT(letter));
  CHECK(svg.find(">R</text>") < svg.find(">L</text>"));
}

TEST_CASE("detail shows the same picture again around its outlines") {
  Grid grid;
  grid.size = {200, 200, 3};
  grid.affine.diagonal() << -1, -1, 6, 1;
  Figure figure = make_figure(Volume<float>(grid, 1, 1.0F), slice_view(grid), 1, {0, 1});
  CHECK(svg_detail(figure, "d", "x").empty());  // no outlines
  // From 90 to 110 and 12 mm around: 44, so the least of 60 about 100.
  figure.layers.push_back({"reference", {{{90, 95}, {110, 95}, {110, 105}}}});
  CHECK_THAT(svg_detail(figure, "d", "x"), CONTAINS_TEXT("viewBox=\"70 70 60 60\""));
  CHECK_THAT(svg_detail(figure, "d", "x"), CONTAINS_TEXT("<use href=\"#x\"/>"));
  figure.layers.push_back({"prediction", {{{10, 10}, {180, 10}, {180, 180}}}});
  CHECK(svg_detail(figure, "d", "x").empty());  // most of the slice
  CHECK_THAT(svg_figure(figure, "d", "x"), CONTAINS_TEXT("<image id=\"x\""));
}
