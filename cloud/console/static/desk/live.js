import{c as a}from"./of-live-wall.js";import"./of-camera-cameras-live-main-plan-wall-where.js";export{a as Live};
