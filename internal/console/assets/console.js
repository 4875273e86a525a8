// The console works without scripts. This draws the chart from its table and, for
// forms that replace a part of the page, brings what came of them into view.
(function () {
  "use strict";

  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  function read(table) {
    var head = Array.from(table.tHead.rows[0].cells).map(function (c) { return c.textContent; });
    var rows = Array.from(table.tBodies[0].rows);
    var columns = head.map(function (_, i) {
      return rows.map(function (row) {
        var cell = row.cells[i];
        return i === 0 ? Date.parse(cell.querySelector("time").dateTime) / 1000 : Number(cell.textContent);
      });
    });
    return { head: head, columns: columns };
  }

  function draw(box) {
    var table = document.getElementById(box.dataset.chart);
    if (!table || !window.uPlot) return;
    var data = read(table);
    function two(n) { return (n < 10 ? "0" : "") + n; }
    function hours(u, marks) {
      return marks.map(function (at) {
        var d = new Date(at * 1000);
        var day = d.getUTCDate() + " " + d.toLocaleString("en-GB", { month: "short", timeZone: "UTC" });
        return d.getUTCHours() === 0 ? day : two(d.getUTCHours()) + ":" + two(d.getUTCMinutes());
      });
    }
    var strokes = ["--one", "--two", "--three"].map(colour), ink = colour("--soft"), line = colour("--line");
    box.replaceChildren();
    box.style.display = "block";
    new uPlot({
      width: box.clientWidth, height: 240,
      tzDate: function (at) { return uPlot.tzDate(new Date(at * 1000), "UTC"); },
      series: [{ label: "Hour", value: function (u, at) { return at == null ? "–" : hours(u, [at])[0]; } }].concat(data.head.slice(1).map(function (label, i) {
        return { label: label, stroke: strokes[i % 3], width: 2, points: { show: false } };
      })),
      axes: [
        { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line }, values: hours },
        { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] }
      ],
      scales: { y: { range: function (u, min, max) { return [0, Math.max(5, max * 1.1)]; } } }
    }, data.columns, box);
  }

  function drawAll() { document.querySelectorAll("[data-chart]").forEach(draw); }

  document.addEventListener("DOMContentLoaded", drawAll);
  var resized;
  window.addEventListener("resize", function () { clearTimeout(resized); resized = setTimeout(drawAll, 150); });
})();
