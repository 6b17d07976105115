/* Draws the points of a GeoJSON address: <div data-bv-map="address" hidden>. Without a script the list beside says it all.
   Each point is a button: shape for what is watched, number for who is alone, words for who does not see.
   When the list is filtered, its [data-bv-points] says which points stay. No tile, no picture, nothing moves. */
(() => {
  "use strict";

  if (typeof L === "undefined") return;
  const NBSP = "\u00a0";
  const counted = (count, one, many) => `${new Intl.NumberFormat("fr-FR").format(count)}${NBSP}${count < 2 ? one : many}`;
  const NEAR = 15;
  const APART = 46; // pixels: nearer marks become one, so that each can be pressed

  const sum = (group, name) => group.reduce((total, one) => total + one[name], 0);

  function words(group) {
    const alone = sum(group, "alone");
    return [
      counted(sum(group, "homes"), "logement", "logements"),
      `${counted(sum(group, "elders"), "personne", "personnes")} de 75${NBSP}ans et plus`,
      alone ? `dont ${counted(alone, "seule", "seules")}` : "aucune seule",
      ...(group.some((one) => one.watched) ? ["sous veille"] : []),
    ].join(", ");
  }

  const nameOf = (group) => (group.length === 1 ? group[0].name : `${counted(group.length, "résidence", "résidences")} proches`);

  function pin(group) {
    const alone = sum(group, "alone");
    const mark = document.createElement("span");
    mark.className = "bv-pin";
    mark.classList.toggle("bv-pin-alone", alone > 0);
    mark.classList.toggle("bv-pin-watched", group.some((one) => one.watched));
    mark.classList.toggle("bv-pin-several", group.length > 1);
    mark.textContent = alone || "";
    const name = document.createElement("span");
    name.className = "bv-pin-name";
    name.textContent = nameOf(group);
    mark.append(name);
    return L.divIcon({ html: mark, className: "", iconSize: [28, 28], iconAnchor: [14, 14], popupAnchor: [0, -12] });
  }

  function card(group) {
    const place = document.createElement("div");
    const list = document.createElement("ul");
    list.className = "bv-map-list";
    for (const one of group) {
      const [line, link, said] = ["li", "a", "p"].map((tag) => document.createElement(tag));
      link.href = one.url;
      link.textContent = one.name;
      said.textContent = [one.commune, words([one])].filter(Boolean).join(". ");
      line.append(link, said);
      list.append(line);
    }
    place.append(list);
    return place;
  }

  /* Places nearer than a mark is wide, in the order of the list: the first one holds the others. */
  function grouped(map, places) {
    const groups = [];
    for (const place of places) {
      const at = map.project(place.at);
      const near = groups.find((group) => group.at.distanceTo(at) < APART);
      if (near) near.places.push(place);
      else groups.push({ at, places: [place] });
    }
    return groups.map((group) => group.places);
  }

  function start(place) {
    place.hidden = false;
    const map = L.map(place, {
      zoomControl: false,
      attributionControl: false,
      zoomAnimation: false,
      fadeAnimation: false,
      markerZoomAnimation: false,
      inertia: false,
      scrollWheelZoom: false, // the page goes on scrolling
      minZoom: 4,
      maxZoom: 18,
    });
    map.setView([46.6, 2.5], 6);
    L.control.zoom({ zoomInTitle: "Voir de plus près", zoomOutTitle: "Voir de plus loin" }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    const marks = L.layerGroup().addTo(map);
    let places = [];

    function draw() {
      marks.clearLayers();
      place.classList.toggle("bv-map-near", map.getZoom() >= NEAR);
      for (const group of grouped(map, places)) {
        const facts = group.map((one) => one.facts);
        const bounds = L.latLngBounds(group.map((one) => one.at));
        const above = facts.some((one) => one.watched) ? 1000 : 0;
        const marker = L.marker(group[0].at, { icon: pin(facts), riseOnHover: true, zIndexOffset: above });
        const apart = group.length > 1 && map.getZoom() < map.getMaxZoom() && !bounds.getNorthEast().equals(bounds.getSouthWest());
        const nearer = () => map.fitBounds(bounds, { padding: [60, 60], animate: false });
        if (apart) marker.on("click", nearer);
        else marker.bindPopup(() => card(facts), { closeButton: false });
        marker.on("keypress", (event) => {
          if (event.originalEvent.key !== "Enter") return;
          if (apart) nearer();
          // From the keyboard, one goes on to the first link of the card, or stays on a map that has come nearer.
          setTimeout(() => (place.querySelector(".leaflet-popup a") ?? place).focus());
        });
        marker.addTo(marks);
        marker.getElement().setAttribute("aria-label", `${nameOf(facts)}, ${words(facts)}`);
      }
    }
    map.on("zoomend", draw);

    function show(features) {
      places = features.map(({ geometry, properties }) => ({
        at: L.latLng(geometry.coordinates[1], geometry.coordinates[0]),
        facts: properties,
      }));
      if (places.length) map.fitBounds(places.map((one) => one.at), { padding: [40, 40], maxZoom: NEAR, animate: false });
      draw();
    }

    let asked = "";
    async function load(address) {
      asked = address;
      if (!address) return show([]);
      const answer = await fetch(address, { headers: { Accept: "application/geo+json" }, credentials: "same-origin" });
      if (!answer.ok || asked !== address) return undefined;
      return show((await answer.json()).features);
    }
    load(place.dataset.bvMap);
    document.addEventListener("htmx:afterSettle", () => {
      const address = document.querySelector("[data-bv-points]")?.dataset.bvPoints ?? "";
      if (address !== asked) load(address);
    });
  }

  for (const place of document.querySelectorAll("[data-bv-map]")) start(place);
})();
